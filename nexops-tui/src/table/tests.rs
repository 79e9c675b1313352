use super::*;
use crate::query::Property;

struct Thing(u128, &'static str, Option<f64>);

impl Filterable for Thing {
    const PROPERTIES: &'static [&'static str] = &["name"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        (name == "name").then(|| Property::Text(self.1.into()))
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(self.1)
    }
}

impl Row for Thing {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            key: "name",
            title: "NAME",
            width: 5,
            stretch: 0,
            right: false,
            priority: 0,
            cell: |thing, _| Cell::text(thing.1),
            order: Order::Text(|thing| thing.1),
        },
        Column {
            key: "size",
            title: "SIZE",
            width: 5,
            stretch: 0,
            right: true,
            priority: 1,
            cell: |thing, _| Cell::Percent(thing.2, crate::theme::Role::Text),
            order: Order::Number(|thing| thing.2),
        },
    ];

    fn id(&self) -> Uuid {
        Uuid::from_u128(self.0)
    }
}

fn things() -> Vec<Thing> {
    vec![Thing(1, "b", Some(2.0)), Thing(2, "a", None), Thing(3, "C", Some(9.0))]
}

fn shown(table: &Table, rows: &[Thing]) -> Vec<&'static str> {
    table.order().iter().map(|index| rows[*index].1).collect()
}

#[test]
fn texts_are_ordered_in_any_case_and_unknown_numbers_come_last_either_way() {
    let rows = things();
    let mut table = Table::default();
    table.arrange(&rows);
    assert_eq!(shown(&table, &rows), ["a", "b", "C"]);
    table.sort_by("size", &rows);
    assert_eq!(shown(&table, &rows), ["C", "b", "a"]);
    table.sort_by("size", &rows);
    assert_eq!(shown(&table, &rows), ["b", "C", "a"]);
}

#[test]
fn the_selection_follows_its_row_when_rows_move_and_stays_near_when_it_goes() {
    let mut rows = things();
    let mut table = Table::default();
    table.arrange(&rows);
    table.select_at(1, &rows);
    assert_eq!(table.selected(), Some(Uuid::from_u128(1)));
    rows[0].1 = "z";
    table.arrange(&rows);
    assert_eq!((table.selected(), table.position()), (Some(Uuid::from_u128(1)), 2));
    rows.remove(0);
    table.arrange(&rows);
    assert_eq!((table.selected(), table.position()), (Some(Uuid::from_u128(3)), 1));
}

#[test]
fn marks_are_of_rows_and_go_with_them() {
    let mut rows = things();
    let mut table = Table::default();
    table.arrange(&rows);
    table.mark(&rows);
    assert_eq!(table.marks().len(), 1);
    table.mark_all(&rows);
    assert_eq!(table.marks().len(), 3);
    rows.remove(0);
    table.arrange(&rows);
    assert_eq!(table.marks().len(), 2);
    table.mark_all(&rows);
    assert!(table.marks().is_empty());
}

#[test]
fn a_filter_that_cannot_be_understood_leaves_the_one_before() {
    let rows = things();
    let mut table = Table::default();
    table.filter("name:b", &rows);
    assert_eq!(shown(&table, &rows), ["b"]);
    table.filter("size:b", &rows);
    assert_eq!(shown(&table, &rows), ["b"]);
    assert!(table.complaint.is_some());
    table.filter("", &rows);
    assert_eq!(shown(&table, &rows).len(), 3);
}

proptest::proptest! {
    #[test]
    fn the_selected_row_is_always_in_view(count in 1_usize..200, selected in 0_usize..250, height in 1_usize..60, offset in 0_usize..250) {
        let rows: Vec<Thing> = (0..count).map(|number| Thing(number as u128, "x", None)).collect();
        let mut table = Table::default();
        table.arrange(&rows);
        table.select_at(selected, &rows);
        table.drawn_from(offset);
        let first = table.first_in_view(height);
        proptest::prop_assert!(first <= table.position() && table.position() < first + height);
    }
}
