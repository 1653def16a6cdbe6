"""The extensions that a gateway is tried beside: docs/extensions.md has the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.extensions.apps import api_frameworks, auth, observability, responses
from tests.extensions.logins import (
    ANN,
    ANONYMOUS,
    Login,
    by_security_session,
    by_security_token,
    by_token,
    by_token_in_a_cookie,
    with_cookie,
)
from tests.extensions.setting import Make


@dataclass(frozen=True, kw_only=True)
class Extension:
    """An extension, its smallest app, and the requests by which the app and the gateway are compared.

    `identities` log in with a client and return the header fields of that identity. `sends` are POST requests: a path
    and a JSON body. `volatile` is a pattern of what differs from one direct request to the next: ids, times.
    `shown_by` are the tests that show what the documents say of it, as file::function.
    """

    package: str
    make: Make
    paths: tuple[str, ...]
    shown_by: tuple[str, ...]
    sends: tuple[tuple[str, Any], ...] = ()
    identities: Mapping[str, Login] = field(default_factory=lambda: ANONYMOUS)
    url: str = "http://localhost"
    volatile: str = "(?!)"


def _framework(package: str, make: Make, *documents: str, shown_by: tuple[str, ...] = ()) -> Extension:
    return Extension(
        package=package,
        make=make,
        paths=("/pets/4", "/pets/9", "/pets/none", "/nowhere", *documents),
        sends=(("/pets/4", {"name": "Fido"}), ("/pets/4", {"name": None}), ("/pets/4", {}), ("/pets/none", {})),
        shown_by=(
            "test_api_frameworks::test_the_gateways_own_errors_are_those_that_it_has_without_the_extension",
            "test_api_frameworks::test_what_a_framework_finds_wrong_in_a_body_is_in_the_answer_of_the_mutation",
            *shown_by,
        ),
    )


def _watched(package: str, make: Make, *shown_by: str, paths: tuple[str, ...] = ()) -> Extension:
    return Extension(
        package=package,
        make=make,
        paths=paths or ("/users/1", "/users/none", "/crash", "/nowhere"),
        sends=(("/users", {"name": "Ann"}),),
        shown_by=shown_by,
    )


AUTH = (
    Extension(
        package="flask-login",
        make=auth.by_login,
        paths=("/me", "/settings"),
        sends=(("/login", {}),),
        identities=with_cookie("/login"),
        shown_by=(
            "test_login::test_a_redirect_to_the_login_page_is_not_data",
            "test_login::test_without_a_login_view_it_is_401",
            "test_auth::test_flask_login_a_login_in_a_part_stays",
            "test_auth::test_what_comes_after_a_login_in_the_same_operation_has_its_cookies",
        ),
    ),
    Extension(
        package="flask-principal",
        make=auth.by_principal,
        paths=("/admin",),
        sends=(("/login", {}),),
        identities=with_cookie("/login"),
        shown_by=("test_auth::test_flask_principal_each_part_has_the_callers_roles",),
    ),
    Extension(
        package="flask-jwt-extended",
        make=auth.by_token,
        paths=("/me",),
        sends=(("/orders", {"item": "tea"}),),
        identities={**ANONYMOUS, "by header": by_token, "by cookie": by_token_in_a_cookie},
        shown_by=(
            "test_auth::test_flask_jwt_extended_a_mutation_by_cookie_needs_its_csrf_header",
            "test_auth::test_flask_jwt_extended_a_token_from_a_part_is_for_the_next_operation",
            "test_auth::test_what_comes_after_a_login_in_the_same_operation_has_its_cookies",
        ),
    ),
    Extension(
        package="flask-security-too",
        make=auth.by_security,
        paths=("/me", "/admin"),
        sends=(("/orders", {"item": "tea"}), ("/login", ANN | {"password": "wrong"})),
        identities={**ANONYMOUS, "by session": by_security_session, "by token": by_security_token},
        volatile=r"(?<=session=)[\w.-]+",
        shown_by=(
            "test_auth::test_flask_security_a_part_is_refused_as_json",
            "test_auth::test_flask_security_a_login_by_json_through_the_gateway_stays",
            "test_auth::test_flask_security_a_session_needs_the_csrf_token_and_an_auth_token_does_not",
        ),
    ),
    Extension(
        package="flask-wtf",
        make=responses.by_wtf,
        paths=("/balance",),
        sends=(("/transfer", {}),),
        shown_by=(
            "test_one_line::test_a_csrf_protection_exempts_the_gateway_and_checks_the_parts",
            "test_csrf::test_what_a_foreign_form_can_send_is_refused",
        ),
    ),
    Extension(
        package="flask-session",
        make=auth.by_session,
        paths=("/cart",),
        sends=(("/cart", {"item": "tea"}),),
        identities=with_cookie("/cart", {"item": "milk"}),
        volatile=r"(?<=session=)[\w.-]+",
        shown_by=(
            "test_auth::test_flask_session_and_beaker_what_a_part_writes_stays",
            "../equality/test_sessions::test_e1_what_a_part_writes_is_there_afterwards",
            "../equality/test_sessions::test_e1_what_a_hook_of_the_outer_request_writes_is_kept_beside_it",
        ),
    ),
    Extension(
        package="beaker",
        make=auth.by_beaker,
        paths=("/cart",),
        sends=(("/cart", {"item": "tea"}),),
        identities=with_cookie("/cart", {"item": "milk"}),
        volatile=r"(?<=beaker=)\w+",
        shown_by=(
            "test_auth::test_flask_session_and_beaker_what_a_part_writes_stays",
            "test_auth::test_beaker_what_a_part_writes_stays_where_a_hook_of_the_outer_request_uses_the_session",
            "test_auth::test_beaker_what_a_hook_of_the_outer_request_writes_stays_beside_it",
        ),
    ),
)

AUTO = ("test_openapi::test_auto_finds_the_document",)
DOCUMENT = "test_api_frameworks::test_the_gateway_is_not_in_the_document_of_the_extension"
PRECONDITION = "test_api_frameworks::test_flask_smorest_a_mutation_has_its_precondition_in_a_header_of_its_field"

API_FRAMEWORKS = (
    _framework("flask-restful", api_frameworks.by_restful),
    _framework("flask-restx", api_frameworks.by_restx, "/swagger.json", "/", shown_by=(*AUTO, DOCUMENT)),
    _framework("flask-smorest", api_frameworks.by_smorest, shown_by=(*AUTO, PRECONDITION)),
    _framework("apiflask", api_frameworks.by_apiflask, "/openapi.json", "/docs", shown_by=(*AUTO, DOCUMENT)),
    _framework("flask-openapi3", api_frameworks.by_openapi3, "/openapi/openapi.json", shown_by=(*AUTO, DOCUMENT)),
    _framework("flasgger", api_frameworks.by_flasgger, "/apispec_1.json", shown_by=(*AUTO, DOCUMENT)),
    _framework("spectree", api_frameworks.by_spectree, "/apidoc/openapi.json", shown_by=(*AUTO, DOCUMENT)),
)

OBSERVABILITY = (
    _watched(
        "sentry-sdk",
        observability.by_sentry,
        "test_sentry::test_each_part_is_a_transaction_beside_that_of_the_outer_request",
        "test_sentry::test_a_crash_in_a_part_is_one_error_with_the_request_of_the_part",
        "test_sentry::test_tags_and_spans_of_a_part_stay_in_it",
        "test_sentry::test_a_mutation_is_a_transaction_too",
        "test_sentry::test_all_that_it_patches_by_default_leaves_parts_apart",
    ),
    _watched(
        "opentelemetry-instrumentation-flask",
        observability.by_opentelemetry,
        "test_opentelemetry::test_each_part_has_the_span_of_a_direct_request",
        "test_opentelemetry::test_without_a_header_of_the_caller_each_part_is_a_trace_of_its_own",
        "test_opentelemetry::test_a_span_around_the_app_is_the_parent_of_all",
        "test_opentelemetry::test_durations_count_each_part_and_the_outer_request",
        "test_opentelemetry::test_the_instrumentation_of_all_apps_is_the_same",
    ),
    _watched(
        "prometheus-flask-exporter",
        observability.by_prometheus_exporter,
        "test_metrics::test_prometheus_flask_exporter_counts_one_and_each_part",
        "test_metrics::test_prometheus_flask_exporter_the_outer_request_can_be_left_out",
    ),
    _watched(
        "prometheus-client",
        observability.by_prometheus_client,
        "test_metrics::test_prometheus_client_a_counter_of_a_view_counts_the_parts",
        "test_metrics::test_prometheus_client_its_app_is_reached_until_routes_are_chosen",
        paths=("/metrics", "/users/1"),
    ),
    _watched(
        "flask-debugtoolbar",
        observability.by_debugtoolbar,
        "test_debugtoolbar::test_it_leaves_json_as_it_is",
        "test_debugtoolbar::test_it_is_in_a_page_that_is_a_part",
        "test_debugtoolbar::test_it_is_in_the_page_of_graphiql_where_its_hooks_run",
        paths=("/users/1", "/crash"),
    ),
)

RESPONSES = (
    Extension(
        package="flask-limiter",
        make=responses.by_limiter,
        paths=("/prices/1", "/nowhere"),
        volatile=r"\b1[789]\d{8}\b",  # the time of the next reset
        shown_by=(
            "test_limiter::test_one_and_each_part_is_counted",
            "test_responses::test_flask_limiter_counts_each_part_by_its_route_and_the_outer_request_by_the_gateways",
        ),
    ),
    Extension(
        package="flask-caching",
        make=responses.by_caching,
        paths=("/pages/1", "/pages/1?sort=asc", "/totals/1"),
        sends=(("/pages/clear", {}),),
        shown_by=("test_responses::test_flask_caching_runs_a_view_once_for_parts_and_direct_requests",),
    ),
    Extension(
        package="flask-compress",
        make=responses.by_compress,
        paths=("/rows",),
        shown_by=(
            "test_responses::test_flask_compress_leaves_parts_alone_and_compresses_the_outer_response",
            "test_responses::test_flask_compress_knows_one_media_type_of_graphql",
            "test_responses::test_flask_compress_a_compressed_answer_has_an_etag_that_is_known_again",
        ),
    ),
    Extension(
        package="flask-talisman",
        make=responses.by_talisman,
        paths=("/rows",),
        sends=(("/rows", {"id": 1}),),
        url="https://localhost",
        shown_by=(
            "test_responses::test_flask_talisman_redirects_a_post_over_http",
            "test_responses::test_flask_talisman_its_headers_are_on_the_outer_response",
        ),
    ),
    Extension(
        package="flask-cors",
        make=responses.by_cors,
        paths=("/open/rows", "/own/rows"),
        shown_by=(
            "test_cors::test_the_outer_response_has_the_apps_rules",
            "test_cors::test_a_part_has_its_own_rules_inside",
        ),
    ),
    Extension(
        package="flask-babel",
        make=responses.by_babel,
        paths=("/price",),
        identities={**ANONYMOUS, "German": lambda client: [("Accept-Language", "de")]},
        shown_by=("test_responses::test_flask_babel_each_part_has_its_own_locale",),
    ),
    Extension(
        package="flask-socketio",
        make=responses.by_socketio,
        paths=("/orders/1",),
        sends=(("/orders", {"item": "tea"}),),
        shown_by=(
            "test_socketio::test_each_part_emits_once",
            "test_socketio::test_an_event_handler_may_ask_the_gateway",
            "test_socketio::test_the_path_of_the_sockets_is_no_route",
            "test_socketio::test_a_part_cannot_become_a_web_socket",
        ),
    ),
    Extension(
        package="flask-sqlalchemy",
        make=responses.by_sqlalchemy,
        paths=("/rows",),
        sends=(("/rows", {"name": "Ann"}),),
        shown_by=(
            "test_sqlalchemy::test_t3_no_session_is_shared_and_no_connection_left_checked_out",
            "test_sqlalchemy::test_an_outer_request_that_keeps_a_connection_needs_one_more",
        ),
    ),
    Extension(
        package="whitenoise",
        make=responses.by_whitenoise,
        paths=("/rows", "/assets/gateway.graphql", "/assets/none.txt"),
        shown_by=("test_responses::test_whitenoise_a_static_file_is_answered_in_a_part_until_routes_are_chosen",),
    ),
)

EXTENSIONS = (*AUTH, *API_FRAMEWORKS, *OBSERVABILITY, *RESPONSES)
