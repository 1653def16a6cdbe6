"""All peers, in the order of the tables."""

from benchmarks.peer import Peer
from benchmarks.peers import (
    finished,
    flask_aggregator,
    graphene,
    hive,
    mercurius,
    nginx_lua,
    openapi_to_graphql,
    restgql,
    strawberry,
    tailcall,
)

PEERS: tuple[Peer, ...] = (
    restgql.DEFAULT,
    restgql.OWN_THREAD,
    finished.PEER,
    flask_aggregator.PEER,
    strawberry.PEER,
    graphene.PEER,
    nginx_lua.PEER,
    tailcall.PEER,
    mercurius.PEER,
    hive.PEER,
    openapi_to_graphql.PEER,
)
