//! Tables that fit the terminal.
//!
//! Ids and paths are never cut: people copy them into the next command. Where a table is too wide, its last column is
//! cut, then columns are left out, and at last each row becomes a few lines.

use crate::text::colour::Colour;
use crate::text::escape;
use crate::text::wrap::{cut, width};

/// The space between two columns.
const GAP: usize = 2;
/// The least width to which a column is cut.
const LEAST: usize = 8;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    to_right: bool,
    fit: Fit,
}

/// What happens to a column of a table that is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// It stays as it is.
    Whole,
    /// It is left out; the lowest number first.
    Optional(u8),
    /// It is cut, and then left out after the optional ones.
    Cut,
}

impl Column {
    /// A column that is always shown as a whole.
    pub(crate) const fn whole(title: &'static str) -> Self {
        Self { title, to_right: false, fit: Fit::Whole }
    }

    /// A column that a narrow table leaves out; that with the lowest number first.
    pub(crate) const fn optional(title: &'static str, order: u8) -> Self {
        Self { title, to_right: false, fit: Fit::Optional(order) }
    }

    /// A column that is cut in a narrow table.
    pub(crate) const fn cut(title: &'static str) -> Self {
        Self { title, to_right: false, fit: Fit::Cut }
    }

    /// Aligns the column to the right: numbers.
    pub(crate) const fn right(self) -> Self {
        Self { to_right: true, ..self }
    }
}

/// A cell: one line of text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    colour: Option<Colour>,
}

impl Cell {
    /// A cell with text from anywhere, which is escaped.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: escape::line(text.as_ref()).into_owned(), colour: None }
    }

    pub(crate) fn colour(self, colour: Option<Colour>) -> Self {
        Self { colour, ..self }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// Returns the lines of the table, in a terminal of this width.
    pub(crate) fn lines(&self, most: Option<usize>, colours: bool) -> Vec<String> {
        let most = most.unwrap_or(usize::MAX);
        match self.layout(most) {
            Some(layout) => self.aligned(&layout, colours),
            None => self.stacked(most, colours),
        }
    }

    /// Returns the columns that are shown, by index, with their widths.
    fn layout(&self, most: usize) -> Option<Vec<(usize, usize)>> {
        let natural = |i: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(i)).map(|cell| width(&cell.text));
            cells.chain(self.title(i).map(width)).max().unwrap_or(0)
        };
        let has_text =
            |i: &usize| self.rows.iter().any(|row| row.get(*i).is_some_and(|cell| !cell.text.is_empty()));
        let shown = (0..self.columns.len()).filter(|i| self.fit(*i) == Fit::Whole || has_text(i));
        let mut shown: Vec<_> = shown.map(|i| (i, natural(i))).collect();
        loop {
            let total = |shown: &[(usize, usize)]| {
                let gaps = GAP * shown.len().saturating_sub(1);
                shown.iter().map(|(_, width)| width).sum::<usize>() + gaps
            };
            let over = total(&shown).saturating_sub(most);
            if over == 0 {
                return Some(shown);
            }
            if let Some((_, width)) = shown.iter_mut().find(|(i, _)| self.fit(*i) == Fit::Cut)
                && width.saturating_sub(over) >= LEAST.min(*width)
            {
                *width -= over;
                return Some(shown);
            }
            let order = |i: usize| match self.fit(i) {
                Fit::Whole => None,
                Fit::Optional(order) => Some(order),
                Fit::Cut => Some(u8::MAX),
            };
            let least = shown.iter().filter_map(|(i, _)| Some((order(*i)?, *i))).min()?.1;
            shown.retain(|(i, _)| *i != least);
        }
    }

    fn title(&self, i: usize) -> Option<&'static str> {
        self.columns.get(i).map(|column| column.title)
    }

    fn fit(&self, i: usize) -> Fit {
        self.columns.get(i).map_or(Fit::Whole, |column| column.fit)
    }

    fn aligned(&self, layout: &[(usize, usize)], colours: bool) -> Vec<String> {
        let titles = self.columns.iter().map(|column| Cell::new(column.title).colour(Some(Colour::Dim)));
        let titles: Vec<_> = titles.collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        rows.map(|row| self.aligned_row(row, layout, colours)).collect()
    }

    fn aligned_row(&self, row: &[Cell], layout: &[(usize, usize)], colours: bool) -> String {
        let mut line = String::new();
        let mut owed = 0;
        for (i, most) in layout {
            let cell = row.get(*i).cloned().unwrap_or_default();
            let text = cut(&cell.text, *most);
            let room = most.saturating_sub(width(&text));
            let to_right = self.columns.get(*i).is_some_and(|column| column.to_right);
            // Spaces are written once something follows them: a line has none at its end.
            owed += if to_right { room } else { 0 };
            if !text.is_empty() {
                line.extend(std::iter::repeat_n(' ', owed));
                owed = 0;
                line.push_str(&painted(&text, cell.colour.filter(|_| colours)));
            }
            owed += GAP + if to_right { 0 } else { room };
        }
        line
    }

    /// Each row as a few lines: its first cell, and then the others with their titles.
    fn stacked(&self, most: usize, colours: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let titles = self.columns.iter().skip(1).map(|column| width(column.title)).max().unwrap_or(0);
        for row in &self.rows {
            let mut cells = row.iter().zip(&self.columns);
            if let Some((first, _)) = cells.next() {
                lines.push(painted(&first.text, first.colour.filter(|_| colours)));
            }
            for (cell, column) in cells.filter(|(cell, _)| !cell.text.is_empty()) {
                let room = titles - width(column.title);
                let title = painted(column.title, colours.then_some(Colour::Dim));
                let most = match column.fit {
                    Fit::Whole => usize::MAX,
                    Fit::Optional(_) | Fit::Cut => most.saturating_sub(titles + 2 * GAP),
                };
                let text = painted(&cut(&cell.text, most), cell.colour.filter(|_| colours));
                lines.push(format!("  {title}{}  {text}", " ".repeat(room)));
            }
        }
        lines
    }
}

fn painted(text: &str, colour: Option<Colour>) -> String {
    colour.map_or_else(|| text.to_owned(), |colour| colour.paint(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = [
            Column::whole("id"),
            Column::optional("pipeline", 1),
            Column::optional("cost", 0).right(),
            Column::optional("labels", 2),
            Column::cut("note"),
        ];
        let mut table = Table::new(columns);
        table.row(["r-1", "welcome", "$0.5", "", "all is well with this run"].map(Cell::new));
        table.row(["r-22", "welcome", "$12.25", "", ""].map(Cell::new));
        table
    }

    fn shown(most: usize) -> String {
        table().lines(Some(most), false).join("\n")
    }

    #[test]
    fn a_table_shows_less_where_there_is_less_room() {
        let whole = "id    pipeline    cost  note\n\
                     r-1   welcome     $0.5  all is well with this run\n\
                     r-22  welcome   $12.25";
        assert_eq!(table().lines(None, false).join("\n"), whole);
        assert_eq!(shown(49), whole);
        assert_eq!(shown(40), whole.replace("with this run", "wit…"));
        assert_eq!(shown(28), "id    pipeline  note\nr-1   welcome   all is well…\nr-22  welcome");
        assert_eq!(shown(20), "id    note\nr-1   all is well w…\nr-22");
        assert_eq!(shown(13), "id\nr-1\nr-22");
    }

    #[test]
    fn a_row_becomes_lines_where_nothing_else_fits() {
        let stacked =
            "r-1\n  pipeline  w…\n  cost      $…\n  note      a…\nr-22\n  pipeline  w…\n  cost      $…";
        assert_eq!(shown(14).lines().next(), Some("id    note"));
        assert_eq!(table().stacked(14, false).join("\n"), stacked);
        assert_eq!(shown(3).lines().next(), Some("r-1"));
    }

    #[test]
    fn colours_take_no_room() {
        let mut table = Table::new([Column::whole("id"), Column::cut("note")]);
        table.row([Cell::new("a\u{1b}").colour(Some(Colour::Red)), Cell::new("b")]);
        let lines = table.lines(Some(40), true);
        assert_eq!(lines[1], "\u{1b}[31ma\\u{1b}\u{1b}[0m  b");
        assert_eq!(table.lines(Some(40), false), ["id       note", "a\\u{1b}  b"]);
    }
}
