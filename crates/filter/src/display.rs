//! A filter in its one written form: parsing it gives the same filter.

use std::fmt::{self, Write};

use crate::{
    Filter,
    expression::{Comparison, Expression, Literal, Test},
};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expression::All(parts) => separated(f, parts, " and ", |f, part| match part {
                Expression::Any(_) => write!(f, "({part})"),
                Expression::All(_) | Expression::Not(_) | Expression::Compare(_) => part.fmt(f),
            }),
            Expression::Any(parts) => separated(f, parts, " or ", |f, part| part.fmt(f)),
            Expression::Not(part) => match **part {
                Expression::All(_) | Expression::Any(_) => write!(f, "not ({part})"),
                Expression::Not(_) | Expression::Compare(_) => write!(f, "not {part}"),
            },
            Expression::Compare(comparison) => comparison.fmt(f),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Is(operator, value) => write!(f, "{} {} {value}", self.field.name, operator.symbol()),
            Test::In(values) => {
                write!(f, "{} in (", self.field.name)?;
                separated(f, values, ", ", |f, value| value.fmt(f))?;
                f.write_char(')')
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_char('\\')?;
                    }
                    f.write_char(c)?;
                }
                f.write_char('"')
            }
            Literal::Number(number) => number.fmt(f),
            Literal::Boolean(boolean) => boolean.fmt(f),
        }
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write(f, item)?;
    }

    Ok(())
}
