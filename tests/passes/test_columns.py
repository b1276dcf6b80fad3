"""Terms and parameters, evaluated, are the columns that they were chosen for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archdsl.codegen.columns import LARGEST_FACTOR, Column, Number, Solution, Term, Value, solve

NAMES = st.sampled_from(["channels", "width", "inner", "stride", "dropout"])


@st.composite
def tables(draw: st.DrawFn) -> list[Column]:
    """Columns of one length, many of which follow from others."""
    rows = draw(st.integers(1, 4))
    columns: list[Column] = []
    for _ in range(draw(st.integers(1, 6))):
        number: st.SearchStrategy[Number] = st.integers(0, 200)
        if draw(st.integers(0, 5)) == 0:
            number = st.sampled_from([0.0, 0.1, 0.5, 1, 2])
        values = tuple(draw(st.lists(number, min_size=rows, max_size=rows)))
        if draw(st.booleans()) and columns:
            other = draw(st.sampled_from(columns)).values
            factor = draw(st.integers(1, 20))
            numbers = [value for value in other if isinstance(value, int)]
            if len(numbers) == len(other):
                times = draw(st.booleans())
                values = tuple(v * factor if times else v // factor for v in numbers)
        columns.append(Column(draw(NAMES), values, draw(st.integers(0, 4)) == 0))
    return columns


def evaluated(term: Term, solution: Solution, row: int) -> Value:
    if term.number is not None:
        return term.number
    value = solution.parameters[term.parameter][row]
    if term.times == term.over == 1:
        return value
    assert isinstance(value, int)
    return term.times * value // term.over


@given(tables())
def test_terms_evaluate_to_their_columns(columns: list[Column]) -> None:
    solution = solve(columns)
    assert len(solution.terms) == len(columns)
    for column, term in zip(columns, solution.terms, strict=True):
        found = tuple(evaluated(term, solution, row) for row in range(len(column.values)))
        assert found == column.values
        assert [type(value) for value in found] == [type(value) for value in column.values]


@given(tables())
def test_arguments_are_only_those_that_are_needed(columns: list[Column]) -> None:
    solution = solve(columns)
    free = [column.values for column in columns if not column.forced]
    for name, values in solution.parameters.items():
        forced = [c.values for c in columns if c.forced and c.name == name.rstrip("0123456789")]
        assert values in forced or (values in free and len(set(values)) > 1)
    for column, term in zip(columns, solution.terms, strict=True):
        if len(set(column.values)) == 1 and not column.forced:
            assert term.number == column.values[0]
            assert term == Term(number=term.number)
        assert term.times == 1 or term.over == 1
        assert max(term.times, term.over) <= LARGEST_FACTOR


def test_earlier_columns_become_arguments_and_later_ones_follow() -> None:
    columns = [
        Column("channels", (16, 32)),
        Column("width", (64, 128)),
        Column("inner", (4, 8)),
        Column("kernel", (3, 3)),
        Column("stride", (2, 1)),
    ]
    solution = solve(columns)
    assert solution.parameters == {"channels": (16, 32), "stride": (2, 1)}
    assert solution.terms == (
        Term(parameter="channels"),
        Term(parameter="channels", times=4),
        Term(parameter="channels", over=4),
        Term(number=3),
        Term(parameter="stride"),
    )


def test_names_that_are_taken_get_a_number() -> None:
    columns = [Column("inner", (1, 2)), Column("inner", (5, 4)), Column("inner", (7, 1))]
    assert list(solve(columns).parameters) == ["inner", "inner2", "inner3"]


def test_what_a_caller_may_choose_is_an_argument_even_if_it_never_varies() -> None:
    solution = solve([Column("num_classes", (10,), forced=True), Column("width", (10,))])
    assert solution.parameters == {"num_classes": (10,)}
    assert solution.terms == (Term(parameter="num_classes"), Term(number=10))
