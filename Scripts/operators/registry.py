"""What can be drawn: rows of (operator, type) with the function that draws a case."""

ROWS = []


class Row:
    def __init__(self, operator, type, function, oracle, tolerance):
        self.operator, self.type, self.function = operator, type, function
        self.oracle, self.tolerance = oracle, tolerance


def operator(names, types=("int8",), oracle="reference", tolerance=None):
    """Declares a function (draw, type) -> Case for operators.

    `oracle` is "middle" where LiteRT's reference kernel is broken: its kernels without a delegate are asked instead.
    `tolerance` is the difference, relative to a result's largest value, that float results may have.
    """

    def declare(function):
        for name in [names] if isinstance(names, str) else names:
            for type in types:
                ROWS.append(Row(name, type, function, oracle, tolerance))
        return function

    return declare
