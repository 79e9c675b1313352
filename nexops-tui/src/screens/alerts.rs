//! Alerts, rules and silences, each on a tab, with what is known of the selected one.

use nexops_core::alert::rule::{AlertRule, OnMissing};
use nexops_core::alert::{Alert, Severity};
use nexops_core::metric::Metric;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::charts::{self, Plot, ranges};
use super::list::{self, Shown};
use crate::format::{moment, span};
use crate::model::Model;
use crate::rows::alert::state_of;
use crate::rows::rule::{condition, source};
use crate::store::rows;
use crate::table::Table;
use crate::theme::Role;
use crate::view::{Drawn, Look, Pane, WIDEST};
use crate::widgets::facts::{Fact, facts};
use crate::widgets::panel::panel;
use crate::widgets::tabs::tabs;

/// Draws the screen.
pub fn view(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let count = |name: &str, table: &Table| format!("{name} {}", table.total());
    let names = [
        count("Active", &model.tables.alerts),
        "History".to_owned(),
        count("Rules", &model.tables.rules),
        count("Silences", &model.tables.silences),
    ];
    tabs(frame, head, &names, model.pane, look, drawn);
    match model.pane {
        0 | 1 => alerts(model, frame, body, look, drawn),
        2 => rules(model, frame, body, look, drawn),
        _silences => {
            let shown = Shown {
                pane: Pane::Silences,
                name: "Silences",
                summary: "alerts are raised, but not sent",
                empty: "nothing is silenced; n makes a silence, s on an alert makes one about it",
                none_fits: "no silence fits the filter; Esc clears it",
            };
            list::draw(&shown, &model.store.silences, model, frame, body, look, drawn);
        }
    }
}

/// The room for a list of so many rows and for what is known of its selected one, which wants so many lines: below the
/// list, or beside it where there is room.
pub fn divide(area: Rect, listed: usize, has_detail: bool, lines: u16) -> (Rect, Option<Rect>) {
    if !has_detail {
        return (area, None);
    }
    let [list, detail] = if area.width + 20 >= WIDEST {
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(64)]).areas(area)
    } else {
        // Frame, heading, and a line for the filter.
        let wanted = u16::try_from(listed).unwrap_or(u16::MAX).saturating_add(4);
        let most = area.height.saturating_sub(lines);
        let rows = wanted.max(area.height / 3).min(most);
        Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area)
    };
    (list, Some(detail))
}

fn alerts(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let selected = model.selected_alert();
    let listed = model.tables.of(if model.pane == 0 { Pane::Alerts } else { Pane::AlertHistory }).total();
    let lines = if area.height >= 32 { 16 } else { 10 };
    let (table, detail) = divide(area, listed, selected.is_some(), lines);
    let active = rows(&model.store.alerts);
    let count = |severity| active.iter().filter(|alert| alert.severity == severity).count();
    let summary =
        format!("{} crit {1} {2} warn", count(Severity::Critical), look.symbols.dot(), count(Severity::Warning));
    if model.pane == 0 {
        let shown = Shown {
            pane: Pane::Alerts,
            name: "Active alerts",
            summary: &summary,
            empty: "all is well: no alert is active",
            none_fits: "no alert fits the filter; Esc clears it",
        };
        list::draw(&shown, &model.store.alerts, model, frame, table, look, drawn);
    } else {
        let shown = Shown {
            pane: Pane::AlertHistory,
            name: "Alerts, past and present",
            summary: "the latest 500",
            empty: "no alert was raised yet",
            none_fits: "no alert fits the filter; Esc clears it",
        };
        list::draw(&shown, &model.store.alert_history, model, frame, table, look, drawn);
    }
    if let (Some(alert), Some(detail)) = (selected, detail) {
        alert_detail(model, alert, frame, detail, look);
    }
}

fn alert_detail(model: &Model, alert: &Alert, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let Some(metric) = alert.metric_name else {
        about_alert(alert, frame, area, look);
        return;
    };
    let [facts, chart] = if area.height >= 20 && area.width < 90 {
        Layout::vertical([Constraint::Length(14), Constraint::Fill(1)]).areas(area)
    } else {
        Layout::horizontal([Constraint::Percentage(45), Constraint::Fill(1)]).areas(area)
    };
    about_alert(alert, frame, facts, look);
    let rule = alert.rule_id.and_then(|id| model.store.rule(id));
    let metrics: [Metric; 1] = [metric];
    let title = format!("{metric} {} {}", look.symbols.dot(), ranges(look.range));
    let plot = Plot { title: &title, metrics: &metrics, threshold: rule.map(|rule| rule.threshold) };
    charts::draw(model.store.history(alert.source_id, model.range), plot, frame, chart, look);
}

fn about_alert(alert: &Alert, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let source = alert.source_name.clone().unwrap_or_else(|| alert.source_id.to_string());
    let inner = panel(frame, area, &source, state_of(alert), false, look);
    let at = |time| moment(time, look.now, look.offset);
    let mut lines = vec![Fact::new("", alert.title.clone()).meant(Role::Strong)];
    lines.extend((!alert.description.is_empty()).then(|| Fact::new("", alert.description.clone())));
    lines.push(Fact::new("fired", format!("{}, began {}", at(alert.fired_at), at(alert.started_at))));
    if let Some(resolved) = alert.resolved_at {
        let how = alert.resolution.map(|how| how.as_str().replace('_', " ")).unwrap_or_default();
        lines.push(Fact::new("over", format!("{}, {how}", at(resolved))));
    }
    lines.extend(alert.value.map(|value| Fact::new("value", format!("{value:.1}"))));
    lines.extend(alert.rule_name.as_ref().map(|rule| Fact::new("rule", rule.clone())));
    if let (Some(by), Some(when)) = (&alert.acknowledged_by, alert.acknowledged_at) {
        lines.push(Fact::new("known to", format!("{by}, {}", at(when))));
    }
    lines.extend(alert.note.as_ref().map(|note| Fact::new("note", note.clone())));
    let remarks = [
        (alert.silenced, "a silence keeps it from being sent"),
        (alert.inhibited, "another alert explains it; it is not sent"),
        (alert.flapping, "it comes and goes"),
        (alert.stale, "its figures are old: nobody knows whether it is still so"),
    ];
    lines.extend(
        remarks.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| Fact::new("", text).meant(Role::Warning)),
    );
    facts(frame, inner, &lines, 0, look);
}

fn rules(model: &Model, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>, drawn: &mut Drawn) {
    let all = rows(&model.store.rules);
    let selected = model.tables.rules.selected_row(all);
    let (table, detail) = divide(area, all.len(), selected.is_some(), 9);
    let summary = format!("{} in force", all.iter().filter(|rule| rule.enabled).count());
    let shown = Shown {
        pane: Pane::Rules,
        name: "Rules",
        summary: &summary,
        empty: "no rule raises alerts yet; S makes those that are offered to begin with, n makes one of your own",
        none_fits: "no rule fits the filter; Esc clears it",
    };
    list::draw(&shown, &model.store.rules, model, frame, table, look, drawn);
    if let (Some(rule), Some(detail)) = (selected, detail) {
        about_rule(rule, frame, detail, look);
    }
}

fn about_rule(rule: &AlertRule, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inner = panel(frame, area, &rule.name, rule.severity.as_str(), false, look);
    let clear = rule.clear_threshold.unwrap_or(rule.threshold);
    let mut lines = vec![
        Fact::new("fires", condition(rule)),
        Fact::new("clears", format!("at {clear} for {}", span(rule.clear_duration_seconds))),
        Fact::new("looks at", source(rule, look)),
        Fact::new("without data", without_data(rule.on_missing)),
    ];
    let tells = if rule.notification_channels.is_empty() {
        Fact::new("notifies", "nobody: its alerts are seen here alone; e adds a channel").meant(Role::Warning)
    } else {
        let again = rule.repeat_interval_seconds.map(|seconds| format!(", again every {}", span(seconds)));
        Fact::new("notifies", format!("{}{}", rule.notification_channels.join(", "), again.unwrap_or_default()))
    };
    lines.push(tells);
    lines.extend((!rule.description.is_empty()).then(|| Fact::new("what to do", rule.description.clone())));
    facts(frame, inner, &lines, 0, look);
}

const fn without_data(what: OnMissing) -> &'static str {
    match what {
        OnMissing::Keep => "stays as it was",
        OnMissing::Ok => "counts as well",
        OnMissing::Alert => "fires",
    }
}
