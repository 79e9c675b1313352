//! A panel: a border with a title on the left and a summary on the right, and room inside.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::widgets::{Block, BorderType, Clear};

use super::text::{fit, put, width};
use crate::symbols::Symbols;
use crate::theme::Role;
use crate::view::Look;

/// Draws a panel and gives the room inside.
pub fn panel(frame: &mut Frame<'_>, area: Rect, title: &str, summary: &str, focused: bool, look: &Look<'_>) -> Rect {
    draw(frame, area, title, summary, if focused { Role::Accent } else { Role::Border }, Role::Surface, look)
}

/// Draws a dialog's panel over what is there.
pub fn dialog(frame: &mut Frame<'_>, area: Rect, title: &str, role: Role, look: &Look<'_>) -> Rect {
    frame.render_widget(Clear, area);
    draw(frame, area, title, "", role, Role::Raised, look)
}

fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    summary: &str,
    role: Role,
    ground: Role,
    look: &Look<'_>,
) -> Rect {
    let area = area.intersection(frame.area());
    let style = look.theme.text(role).bg(look.theme.color(ground));
    let block = Block::bordered().style(look.theme.ground(ground)).border_style(style);
    let block = match look.symbols {
        Symbols::Ascii => block.border_set(ASCII),
        Symbols::Unicode if look.theme.is_plain() && role == Role::Accent => block.border_type(BorderType::Thick),
        Symbols::Unicode => block.border_type(BorderType::Rounded),
    };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if area.width > 4 && area.height > 0 {
        let buffer = frame.buffer_mut();
        let room = area.width - 4;
        let title = fit(title, room, look.symbols.ellipsis());
        let title_role = if role == Role::Border { Role::Text } else { role };
        if !title.is_empty() {
            put(
                buffer,
                area,
                area.x + 1,
                area.y,
                &format!(" {title} "),
                look.theme.text(title_role).bg(look.theme.color(ground)),
            );
        }
        if !summary.is_empty() && width(&title) + width(summary) + 3 <= room {
            let x = area.right() - width(summary) - 3;
            put(
                buffer,
                area,
                x,
                area.y,
                &format!(" {summary} "),
                look.theme.text(Role::Muted).bg(look.theme.color(ground)),
            );
        }
    }
    inner
}

/// Lines of ASCII.
const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
