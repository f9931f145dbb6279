"""The schemas of the document: what a body must look like, told so that a client made from it sends what was named."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import NullableSchema, WithDefaultSchema

from stoflow.http.rest.schemas import Action, Given, Marketplace

JsonSchema = dict[str, Any]
REF_TEMPLATE: Final = "#/components/schemas/{model}"
MARKETPLACE: Final = {"$ref": REF_TEMPLATE.format(model=Marketplace.__name__)}


class BodySchema(GenerateJsonSchema):
    """Names no defaults: generated clients send them, or make fields that have one required. Descriptions tell them."""

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


class QuerySchema(BodySchema):
    """Knows no null, which a query cannot say."""

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schemas_of(
    taken: Iterable[type[Given]], given: Iterable[type[BaseModel]]
) -> tuple[dict[type[BaseModel], JsonSchema], dict[str, JsonSchema]]:
    """Return the reference to each body, and every schema they need by its name."""
    modes = [(model, "validation") for model in taken] + [(model, "serialization") for model in given]
    refs, document = models_json_schema(
        sorted(modes, key=lambda mode: mode[0].__name__),  # pyright: ignore[reportArgumentType]
        ref_template=REF_TEMPLATE,
        schema_generator=BodySchema,
    )
    return {cast("type[BaseModel]", model): ref for (model, _), ref in refs.items()}, document["$defs"]


def query_schemas(query: type[Given]) -> tuple[dict[str, JsonSchema], dict[str, JsonSchema]]:
    """Return the schema of each parameter, and every schema they need by its name."""
    document = query.model_json_schema(ref_template=REF_TEMPLATE, schema_generator=QuerySchema)
    return document.get("properties", {}), document.get("$defs", {})


def known_values(marketplaces: Mapping[str, Iterable[str]]) -> dict[str, JsonSchema]:
    """Return the schemas of the named types: the marketplaces there are, and the codes of their actions."""
    actions = {code for codes in marketplaces.values() for code in codes}
    where = "; ".join(f"{name}: {', '.join(sorted(codes))}" for name, codes in sorted(marketplaces.items()))
    return {
        Action.__name__: {"type": "string", "enum": sorted(actions), "description": f"What there is to do. {where}."},
        Marketplace.__name__: {"type": "string", "enum": sorted(marketplaces), "description": "Where it is done."},
    }
