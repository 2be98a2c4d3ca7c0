//! `#?(:feature form …)` and `#?@(…)`: the branch of the first feature that holds. The other branches are read too, for
//! where they end, but nothing in them needs to make sense to this program.

use super::fault::Read;
use super::place::Mark;
use super::{Conditionals, Form, FormKind, Name, Reader, Step};

impl Reader<'_> {
    /// The cursor stands at the `?`. A splice that chooses nothing may stand at the top level.
    pub(super) fn conditional(&mut self, start: Mark) -> Read<Step> {
        self.cursor.bump();
        let splicing = self.cursor.eat('@');
        let here = self.cursor.since(start);
        if self.options.conditionals == Conditionals::Refuse {
            return Err(self.fault("read/conditional", "reader conditionals are not allowed here", here));
        }
        self.cursor.skip_blank();
        match self.cursor.peek() {
            Some('(') => {}
            None => {
                self.enter("#?", start)?;
                return Err(self.end_of_input(None));
            }
            Some(_) => return Err(self.fault("read/conditional", "a list of branches must follow `#?`", here)),
        }
        if self.options.conditionals == Conditionals::Preserve {
            let body = self.delimited("(", ')', self.cursor.mark())?;
            return Ok(Step::Form(Form::new(FormKind::Conditional { splicing, body }, self.cursor.since(start))));
        }
        match self.chosen_branch()? {
            None => Ok(Step::Nothing),
            Some(_) if splicing && self.opened.is_empty() => {
                Err(self.fault("read/conditional", "`#?@` has nothing to splice into at the top level", here))
            }
            Some(form) if splicing => self.splice(form),
            Some(form) => Ok(Step::Form(form)),
        }
    }

    #[inline(never)]
    fn chosen_branch(&mut self) -> Read<Option<Form>> {
        let open = self.cursor.mark();
        self.enter("(", open)?;
        let mut chosen = None;
        loop {
            if chosen.is_none() {
                let Some(feature) = self.item(')')? else { break };
                if self.holds(&feature)? {
                    chosen = self.item(')')?;
                    if chosen.is_none() {
                        return Err(self.fault("read/conditional", "this feature has no form", feature.span));
                    }
                    continue;
                }
            }
            let before = std::mem::replace(&mut self.suppressed, true);
            let skipped = self.item(')')?;
            self.suppressed = before;
            if skipped.is_none() {
                break;
            }
        }
        self.leave();
        Ok(chosen)
    }

    /// The next form before the closing bracket.
    fn item(&mut self, close: char) -> Read<Option<Form>> {
        loop {
            match self.step()? {
                Step::Form(form) => return Ok(Some(form)),
                Step::Nothing => {}
                Step::Close(found, _) if found == close => return Ok(None),
                Step::Close(found, place) => return Err(self.unmatched(found, place)),
                Step::End => return Err(self.end_of_input(None)),
            }
        }
    }

    #[inline(never)]
    fn holds(&self, feature: &Form) -> Read<bool> {
        let FormKind::Keyword { name: Name { ns, name }, auto } = &feature.kind else {
            return Err(self.fault("read/conditional", "a feature is a keyword", feature.span));
        };
        match (ns, &**name) {
            _ if *auto => Ok(false),
            (None, "else" | "none") => Err(self.fault(
                "read/conditional",
                format!("`:{name}` is reserved; `:default` always holds"),
                feature.span,
            )),
            (None, name) => Ok(name == "default" || self.options.features.contains(&name)),
            (Some(_), _) => Ok(false),
        }
    }

    #[inline(never)]
    fn splice(&mut self, form: Form) -> Read<Step> {
        let span = form.span;
        let kind = match form.kind {
            FormKind::Meta { form, .. } => form.kind,
            kind => kind,
        };
        match kind {
            FormKind::List(items) | FormKind::Vector(items) => {
                self.pending.extend(items.into_iter().rev());
                Ok(Step::Nothing)
            }
            _ => Err(self.fault("read/conditional", "`#?@` splices lists and vectors only", span)),
        }
    }
}
