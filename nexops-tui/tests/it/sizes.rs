//! No size makes a screen panic or draw outside.

use nexops_tui::snapshot::buffer;
use proptest::prelude::*;

use crate::fixture::{keys, ready};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn every_screen_fits_every_size(columns in 1_u16..=220, rows in 1_u16..=70, way in prop::sample::select(vec![
        "1", "2", "2 enter", "2 tab enter", "2 t", "2 X", "2 :", "2 ?", "2 c", "L", "m", "2 /x", "2 enter z", "2 enter left left",
        "3", "3 enter", "3 n", "3 /x", "3 D", "4", "4 tab", "4 tab tab", "4 tab tab n", "4 tab tab tab", "4 s", "4 a", "5",
        "5 n", "5 tab", "5 tab n", "5 tab tab", "6", "2 t enter", "5 T",
    ])) {
        let mut model = ready(columns, rows);
        keys(&mut model, way);
        // Drawing outside of the buffer would panic.
        let drawn = buffer(&model);
        prop_assert_eq!((drawn.area.width, drawn.area.height), (columns, rows));
    }
}
