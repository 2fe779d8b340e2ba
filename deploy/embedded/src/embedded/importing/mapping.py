"""Which column becomes which field, by a file or by guess. Pure but for reading the file."""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

FieldName = Literal[
    "external_ref",
    "title",
    "description",
    "category",
    "kind",
    "pricing",
    "price",
    "asset",
    "wanted",
    "accepts_gift_credits",
    "quantity",
    "condition",
    "neighbourhood",
    "cell",
    "latitude",
    "longitude",
    "brand",
    "item_type",
    "rating",
    "status",
]


#: A column's place in a template.
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


class BadMapping(ValueError):
    """The mapping can't be used; the message says why."""


class Source(BaseModel):
    """Where a field's value comes from.

    Attributes:
        columns: Joined by `separator`, those that are empty left out.
        template: Instead of columns: text with `{column}` in it; nothing when one is empty.
        separator: Between the columns.
        strip: Characters to take off both ends.
        scale: Factor for a number, such as "0.01".
        empty: Values that mean "none", such as "0" for a rating nobody gave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] = ()
    template: str | None = None
    separator: str = " > "
    strip: str = ""
    scale: str | None = Field(None, pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")
    empty: tuple[str, ...] = ()


def _read_source(value: Any) -> Any:
    if isinstance(value, str):
        return {"columns": [value]}
    if isinstance(value, list):
        return {"columns": value}
    if isinstance(value, dict) and "column" in value:
        rest = {name: item for name, item in value.items() if name != "column"}
        return {"columns": [value["column"]], **rest}
    return value


class Mapping(BaseModel):
    """How a record becomes a listing.

    Attributes:
        namespace: Put before each `external_ref`, so that two files don't touch each other's.
        fields: Source of each field.
        constants: Fields that are the same for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    namespace: str = Field("", max_length=40)
    fields: dict[FieldName, Annotated[Source, BeforeValidator(_read_source)]]
    constants: dict[FieldName, str] = Field(default_factory=dict)

    def check(self, columns: list[str]) -> Self:
        """See that every named column is there.

        Raises:
            BadMapping: One is not, or there is no title.
        """
        if "title" not in self.fields:
            raise BadMapping("no column is mapped to title; say so in a mapping file (--mapping)")
        for name, source in self.fields.items():
            for column in (*source.columns, *_PLACE.findall(source.template or "")):
                if column not in columns:
                    known = ", ".join(columns)
                    raise BadMapping(f"{name}: there is no column {column!r}; there are {known}")
        return self


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file, TOML or JSON.

    Raises:
        BadMapping: It can't be read, or says something unknown.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return Mapping.model_validate(content)
    except OSError as error:
        raise BadMapping(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadMapping(f"{path}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise BadMapping(f"{path}: {error}") from error


#: What people call our fields, the likeliest first.
_USUAL: Final[dict[FieldName, tuple[str, ...]]] = {
    "external_ref": ("external_ref", "sku", "id", "index", "ref", "product_id", "item_id"),
    "title": ("title", "product", "product_name", "name", "item", "item_name"),
    "description": ("description", "details", "desc", "text"),
    "price": ("price", "sale_price", "selling_price", "our_price", "amount", "cost"),
    "quantity": ("quantity", "qty", "stock", "pieces"),
    "condition": ("condition",),
    "kind": ("kind",),
    "pricing": ("pricing",),
    "wanted": ("wanted", "in_exchange", "swap_for"),
    "accepts_gift_credits": ("accepts_gift_credits",),
    "neighbourhood": ("neighbourhood", "neighborhood", "area", "district"),
    "cell": ("cell", "h3", "h3_cell"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "brand": ("brand", "manufacturer", "maker"),
    "item_type": ("item_type", "type", "product_type"),
    "rating": ("rating", "stars"),
}
_CATEGORY: Final = ("category", "department", "main_category")
_SUBCATEGORY: Final = ("sub_category", "subcategory", "sub-category", "category_2")


def guess_mapping(columns: list[str], *, namespace: str, asset: str) -> Mapping:
    """A mapping from the names of the columns.

    Args:
        columns: As in the file.
        namespace: For `external_ref`.
        asset: What the prices are in.

    Raises:
        BadMapping: No column looks like a title.
    """
    by_name = {column.strip().lower().replace(" ", "_"): column for column in columns}

    def pick(names: tuple[str, ...]) -> str | None:
        return next((by_name[name] for name in names if name in by_name), None)

    fields: dict[FieldName, Source] = {}
    for field, names in _USUAL.items():
        column = pick(names)
        if column is not None:
            # Nobody can give zero stars: it says that nobody has rated.
            empty = ("0", "0.0") if field == "rating" else ()
            fields[field] = Source(columns=(column,), empty=empty)
    levels = tuple(column for column in (pick(_CATEGORY), pick(_SUBCATEGORY)) if column)
    if levels:
        fields["category"] = Source(columns=levels)
    if "description" not in fields and {"item_type", "brand"} <= fields.keys():
        (kind,), (brand,) = fields["item_type"].columns, fields["brand"].columns
        fields["description"] = Source(template=f"{{{kind}}} by {{{brand}}}")
    constants: dict[FieldName, str] = {"asset": asset} if "price" in fields else {"pricing": "gift"}
    return Mapping(namespace=namespace, fields=fields, constants=constants).check(columns)
