//! The REPL at a terminal (reedline): Enter evaluates only whole forms, the history is the project's, Ctrl-C drops the line
//! or interrupts the running evaluation, Ctrl-D ends.

use super::evaluate;
use crate::command::{Reporting, Status};
use crate::session::Session;
use crate::store;
use engine::reader::{Completeness, is_complete};
use reedline::{
    ColumnarMenu, Completer, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode,
    PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, Span, Suggestion, ValidationResult, Validator,
    default_emacs_keybindings,
};
use std::borrow::Cow;
use std::path::PathBuf;

const HISTORY_ENTRIES: usize = 10_000;

pub fn run(session: &Session, reporting: &Reporting) -> Status {
    if std::env::var_os("TERM").is_none_or(|t| t == "dumb") {
        // No cursor to move: lines as they come, with a prompt.
        return super::pipe::run(session, reporting, true);
    }
    let mut editor = Reedline::create()
        .with_validator(Box::new(WholeForms))
        .with_completer(Box::new(Names))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name(MENU))))
        .with_edit_mode(Box::new(Emacs::new(keys())))
        .with_ansi_colors(reporting.look.color)
        .use_bracketed_paste(true);
    if let Ok(history) = FileBackedHistory::with_file(HISTORY_ENTRIES, history_file()) {
        editor = editor.with_history(Box::new(history));
    }
    loop {
        let prompt = NamespacePrompt(super::prompt());
        match editor.read_line(&prompt) {
            Ok(Signal::Success(text)) => {
                // An interrupt has been shown as the error it is; the session goes on.
                let _ = evaluate(session, reporting, &text);
                let _ = editor.sync_history();
            }
            Ok(Signal::CtrlC) => {}
            Ok(Signal::CtrlD) => return Status::Fine,
            Err(e) => {
                eprintln!("rung: the terminal cannot be used: {e}");
                return Status::Unusable;
            }
        }
    }
}

/// One file a project, the folder in which the REPL was started.
fn history_file() -> PathBuf {
    let project = std::env::current_dir().unwrap_or_default();
    let key = blake3::hash(project.as_os_str().as_encoded_bytes()).to_hex();
    store::folder().join("history").join(&key.as_str()[..16])
}

const MENU: &str = "names";

/// Tab completes what is common, then shows what there is.
fn keys() -> reedline::Keybindings {
    let mut keys = default_emacs_keybindings();
    let show = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(show));
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    keys
}

struct Names;
impl Completer for Names {
    fn complete(&mut self, line: &str, position: usize) -> Vec<Suggestion> {
        let (start, found) = super::names::at(line, position);
        let suggest = |c: engine::host::Completion| Suggestion {
            description: (!c.signature.is_empty()).then_some(c.signature),
            value: c.text,
            span: Span::new(start, position),
            ..Suggestion::default()
        };
        found.into_iter().map(suggest).collect()
    }
}

struct WholeForms;
impl Validator for WholeForms {
    fn validate(&self, text: &str) -> ValidationResult {
        match is_complete(text) {
            Completeness::Incomplete { .. } => ValidationResult::Incomplete,
            // What is wrong is shown by evaluating it.
            Completeness::Complete | Completeness::Invalid(_) => ValidationResult::Complete,
        }
    }
}

struct NamespacePrompt(String);
impl Prompt for NamespacePrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        let width = self.0.chars().count().saturating_sub(5);
        Cow::Owned(format!("{}#_=> ", " ".repeat(width)))
    }
    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search `{}`) ", search.term))
    }
}
