"""Pass: compile the selected fields of a typed response to one type, which msgspec decodes and encodes.

A value that does not fit the type is left to the executor, which reports where and why.
"""

import re
from functools import partial, reduce
from operator import or_
from typing import Annotated, Any, Literal, cast

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    GraphQLUnionType,
    is_leaf_type,
)

from restgql.bindings import Discriminator, RequestBinding, SelectBinding
from restgql.documents.collect_fields import Selections
from restgql.documents.selected_field import GroupKey, SelectedField
from restgql.plan.nodes import Convert, NodeKind, ObjectSteps, PlanNode, Projection, TypeSteps
from restgql.plan.plan import Plan, PlanContext
from restgql.plan.rebuild import rebuild
from restgql.plan.struct_builder import LONG, NotProjectable, Output, StructBuilder, Tag, struct

_PLAIN = {
    GraphQLString: str,
    GraphQLBoolean: bool,
    GraphQLFloat: int | float,
    GraphQLInt: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)],
}
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
_NULL = msgspec.Raw(b"null")


def projections(plan: Plan, context: PlanContext) -> Plan:
    """Return the plan with the `projection` of each typed field that has one. Deferred parts have none."""
    if plan.incremental:
        return plan
    assert plan.selections is not None
    return msgspec.structs.replace(plan, nodes=rebuild(plan.nodes, partial(_project, selections=plan.selections)))


def _project(node: PlanNode, selections: Selections) -> PlanNode:
    projection = projection_of(node, selections)
    return node if projection is None else msgspec.structs.replace(node, projection=projection)


def projection_of(node: PlanNode, selections: Selections) -> Projection | None:
    """Return the projection of a typed field that makes a request, or None if it has none."""
    binding, field = node.binding, node.field
    if not isinstance(binding, RequestBinding) or field is None or binding.passthrough:
        return None
    if binding.select is not None and not _PATH.match(binding.select):
        return None
    try:
        compiled = _Compiler(selections).output(field.definition.type, field, node)
    except NotProjectable:
        return None
    keys = tuple(binding.select.split(".")) if binding.select is not None else ()
    type: Any = compiled.type
    for key in reversed(keys):
        default = () if isinstance(field.definition.type, GraphQLNonNull) else (None,)
        type = struct("Outer", [("inner", type, *default)], {"inner": key})
        type = type if not default else type | None
    return Projection(
        item_type=compiled.type,
        decoder=msgspec.json.Decoder(type),
        keys=keys,
        depth=compiled.depth,
        steps=compiled.steps,
        convert=compiled.convert,
        key_bytes=compiled.key_bytes,
        has_lists=compiled.has_lists or compiled.depth > 1,
    )


class _Compiler:
    """Compiles the output types of one plan. Raises NotProjectable."""

    def __init__(self, selections: Selections) -> None:
        self._selections = selections
        self._objects: dict[tuple[GraphQLObjectType, GroupKey, int, Tag | None], Output] = {}
        """Each is compiled once: there may be as many ways to a selection set as fields to the power of the depth."""

    def output(self, of_type: GraphQLOutputType, field: SelectedField, node: PlanNode | None) -> Output:
        """Compile the type of a field; `node` has the nodes below it, if any."""
        is_required = isinstance(of_type, GraphQLNonNull)
        inner: GraphQLOutputType = cast(GraphQLNonNull[Any], of_type).of_type if is_required else of_type
        if isinstance(inner, GraphQLList):
            item = self.output(inner.of_type, field, node)
            convert = None if item.convert is None else _of_items(item.convert)
            of_items: Any = list.__class_getitem__(item.type)
            output = msgspec.structs.replace(item, type=of_items, depth=item.depth + 1, convert=convert)
        elif is_leaf_type(inner):
            output = _leaf(cast(GraphQLLeafType, inner), is_required=is_required)
        elif isinstance(inner, GraphQLObjectType):
            output = self._object(inner, field, () if node is None else node.children)
        elif isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
            output = self._abstract(inner, field, {} if node is None else node.cases)
        else:
            raise NotProjectable(f"{inner} is no output type.")
        return output if is_required else msgspec.structs.replace(output, type=output.type | None)

    def _abstract(
        self,
        of_type: GraphQLInterfaceType | GraphQLUnionType,
        field: SelectedField,
        cases: dict[str, tuple[PlanNode, ...]],
    ) -> Output:
        """Compile a struct for each value that identifies a type, which is msgspec's tag."""
        discriminator = of_type.resolve_type
        keys = discriminator.select.keys if isinstance(discriminator, Discriminator) else None
        types = discriminator.types if isinstance(discriminator, Discriminator) else {}
        if keys is None or len(keys) != 1 or len(types) < 2:
            raise NotProjectable(f"{of_type} has no single key that tells the type.")
        shapes: dict[type, ObjectSteps] = {}
        structs: list[Any] = []
        key_bytes, has_lists = 0, False
        for value, name in types.items():
            member = self._selections.schema.get_type(name)
            if not isinstance(member, GraphQLObjectType):
                raise NotProjectable(f"{name} is no object type.")
            output = self._object(member, field, cases.get(name, ()), Tag(keys[0], value))
            assert isinstance(output.steps, ObjectSteps)
            shapes[output.type] = output.steps
            key_bytes, has_lists = max(key_bytes, output.key_bytes), has_lists or output.has_lists
            structs.append(output.type)
        return Output(reduce(or_, structs), 0, TypeSteps(shapes), None, key_bytes, has_lists)

    def _object(
        self, of_type: GraphQLObjectType, field: SelectedField, nodes: tuple[PlanNode, ...], tag: Tag | None = None
    ) -> Output:
        key = of_type, field.group.key, id(nodes), tag
        if key not in self._objects:
            self._objects[key] = self._compile(of_type, field, nodes, tag)
        return self._objects[key]

    def _compile(
        self, of_type: GraphQLObjectType, field: SelectedField, nodes: tuple[PlanNode, ...], tag: Tag | None
    ) -> Output:
        node_by_key = {node.key: node for node in nodes}
        builder = StructBuilder(of_type.name, tag, len(nodes))
        joins: list[tuple[SelectedField, PlanNode, str]] = []
        for selected in self._selections.below(field.group, of_type).fields:
            node, binding = node_by_key.get(selected.key), selected.definition.resolve
            if selected.is_typename:
                builder.add(selected.key, None, str, of_type.name)
            elif node is not None and node.kind is NodeKind.REQUEST:
                joins.append((selected, node, builder.add(selected.key, None, msgspec.Raw, _NULL)))
            elif isinstance(binding, SelectBinding):
                output = self.output(selected.definition.type, selected, node)
                builder.add_selected(selected, binding, output)
            else:
                raise NotProjectable(f"{selected.name} has a resolver.")
        for selected, node, slot in joins:
            builder.join(selected, node, slot)
        return builder.build()


def _leaf(of_type: GraphQLLeafType, *, is_required: bool) -> Output:
    if of_type in _PLAIN:
        return Output(_PLAIN[of_type])
    if of_type.name == LONG:
        return Output(int)
    if of_type is GraphQLID:
        return Output(int | str, convert=_id)
    if isinstance(of_type, GraphQLEnumType) and all(name == each.value for name, each in of_type.values.items()):
        return Output(Literal[tuple(of_type.values)])

    def convert(value: Any) -> Any:
        if value is None and not is_required:
            return None
        converted = None if value is None else of_type.serialize(value)
        if converted is None:
            raise NotProjectable(f"{of_type} has no value.")
        return converted

    return Output(Any, convert=convert)


def _id(value: int | str | None) -> str | None:
    return str(value) if value.__class__ is int else cast(str | None, value)


def _of_items(convert: Convert) -> Convert:
    return lambda items: None if items is None else [convert(item) for item in items]
