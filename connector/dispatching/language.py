"""The language in a template's texts: expressions and `if` of Jinja, and nothing else of it.

Jinja's sandbox alone lets a template count to ten thousand millions, or write a text of a gigabyte.
So each text is parsed, and refused unless it is made of what is listed here: no calls, no loops, no
assignments, no attributes of Python objects. What is left takes time and space in proportion to its
length. Entries are repeated by the structure around texts, which counts them.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connector.dispatching.filters import FILTERS, FilterRefused, minus, plus, text, times
from connector.dispatching.limits import EXPRESSION_DEPTH, LEAF, too_much
from storage.errors import Invalid

Evaluate: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Makes the value of a text from the data."""

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Test,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
)
_TESTS = ("defined", "undefined", "none")
_SAID: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calls",
    nodes.For: "loops; entries of a list are repeated by $each",
    nodes.Pow: "powers",
    nodes.Mod: "%",
    nodes.Div: "divisions",
    nodes.FloorDiv: "divisions",
    nodes.Concat: "~; texts stand beside each other",
    nodes.Slice: "slices",
}


class _Language(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*"})
    intercepted_unops = frozenset({"-"})

    def __init__(self) -> None:
        # what is made isn't HTML, and each text stays within its place in the structure
        super().__init__(
            undefined=StrictUndefined,
            optimized=False,
            autoescape=False,
            finalize=text,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = dict(FILTERS)
        self.tests = {name: self.tests[name] for name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a member of an object or an entry of a list of the data; nothing of Python's."""
        if isinstance(obj, Undefined):
            str(obj)  # raises what isn't there
        if isinstance(obj, dict) and isinstance(argument, str):
            members = cast("dict[str, Any]", obj)
            return members[argument] if argument in members else self._missing(obj, argument)
        if isinstance(obj, list) and type(argument) is int:
            entries = cast("list[Any]", obj)
            is_there = -len(entries) <= argument < len(entries)
            return entries[argument] if is_there else self._missing(obj, argument)
        return self._missing(obj, argument)

    def _missing(self, obj: Any, name: Any) -> Undefined:
        return self.undefined(obj=obj, name=str(name))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        match operator:
            case "+":
                return plus(left, right)
            case "-":
                return plus(left, minus(right))
            case _:
                return times(left, right)

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        return minus(arg)


_language = _Language()


def compile_text(source: str, field: str) -> Evaluate | None:
    """Return what makes a text's value; None for one that says the same whatever the data.

    A text that is one expression keeps the kind of its value: a number stays a number. Raises
    Invalid for what the language doesn't have, naming the field.
    """
    if "{" not in source:
        return None
    body = _parsed(source, field).body
    match body:
        case [nodes.Output(nodes=[nodes.Expr() as only])] if (
            not isinstance(only, nodes.TemplateData)
            and source.startswith("{{")
            and source.endswith("}}")
        ):
            return compile_expression(source[2:-2].strip("-+"), field)
        case _:
            template = _guarded(lambda: _language.from_string(source), field)
            return lambda data: template.render(data)


def compile_expression(source: str, field: str) -> Evaluate:
    """Return what makes the value of an expression. Raises Invalid, naming the field."""
    _parsed("{{" + source + "}}", field)
    evaluate = _guarded(
        lambda: _language.compile_expression(source, undefined_to_none=False), field
    )

    def value(data: Mapping[str, Any]) -> Any:
        found = evaluate(data)
        if isinstance(found, StrictUndefined):
            str(found)  # raises what isn't there
        return found

    return value


def evaluated(evaluate: Evaluate, data: Mapping[str, Any], field: str) -> Any:
    """Return a value. Raises Invalid, naming the field, where the data doesn't fit."""
    try:
        return evaluate(data)
    except SecurityError:
        raise Invalid.one(field, "TEMPLATE_REFUSED", "The template may not do this.") from None
    except (TemplateError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        known = isinstance(error, TemplateError | FilterRefused)
        said = str(error) if known else "the data doesn't fit the template"
        raise Invalid.one(field, "TEMPLATE_DATA", f"{said[:200]}.") from None


def _parsed(source: str, field: str) -> nodes.Template:
    if len(source) > LEAF:
        raise too_much(field, f"A text in a template has more than {LEAF} characters.")
    tree = _guarded(lambda: _language.parse(source), field)
    _check(tree, field)
    return tree


def _check(tree: nodes.Node, field: str) -> None:
    left = [(tree, 0)]
    while left:
        node, depth = left.pop()
        if depth > EXPRESSION_DEPTH:
            raise too_much(field, f"An expression is nested deeper than {EXPRESSION_DEPTH} levels.")
        if type(node) not in _ALLOWED:
            said = _SAID.get(type(node), f"{type(node).__name__.lower()}")
            raise _refused(field, f"Templates have no {said}.")
        match node:
            case nodes.Filter(name=name) if name not in FILTERS:
                raise _refused(field, f"There is no filter {name[:40]}; {_listed(FILTERS)} are.")
            case nodes.Test(name=name) if name not in _TESTS:
                raise _refused(field, f"There is no test {name[:40]}; {_listed(_TESTS)} are.")
            case nodes.Filter(dyn_args=args, dyn_kwargs=more) if args or more:
                raise _refused(field, "Templates have no * before an argument.")
            case nodes.Const(value=float()):
                raise _refused(field, "Write a number with decimals in the data: it stays exact.")
            case nodes.Name(name=name, ctx=context) if context != "load" or _is_inner(name):
                raise _refused(field, "This name can't be used.")
            case nodes.Getattr(attr=name) if _is_inner(name):
                raise _refused(field, "This name can't be used.")
            case _:
                pass
        left += [(child, depth + 1) for child in node.iter_child_nodes()]


def _is_inner(name: str) -> bool:
    """Say whether a name is the language's own, or Python's."""
    return name.startswith("_") or name in ("self", "super", "loop")


def _guarded(make: Callable[[], Any], field: str) -> Any:
    try:
        return make()
    except (TemplateError, SyntaxError, RecursionError, MemoryError, ValueError) as error:
        said = error.message if isinstance(error, TemplateError) else "it can't be read"
        raise _refused(field, f"This is no template: {(said or '')[:200]}.") from None


def _refused(field: str, words: str) -> Invalid:
    return Invalid.one(field, "TEMPLATE_REFUSED", words)


def _listed(names: "Mapping[str, Any] | tuple[str, ...]") -> str:
    return ", ".join(names)
