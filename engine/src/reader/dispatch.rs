//! What `#` begins: sets, functions, regular expressions, vars, metadata, tags, symbolic values, comments and the
//! form that is discarded.

use super::fault::Read;
use super::place::Mark;
use super::{Form, FormKind, Name, ReadEval, Reader, Step};

impl Reader<'_> {
    #[inline(never)]
    pub(super) fn dispatch(&mut self, start: Mark) -> Read<Step> {
        let form = match self.cursor.peek_second() {
            Some('{') => self.set(start),
            Some('(') => self.function(start),
            Some('\'') => self.prefixed("#'", start, |span| Form::symbol("var", span)),
            Some('^') => self.meta("#^", start),
            Some('=') => self.read_eval(start),
            Some('_') => return self.discard(start),
            Some('!') => {
                self.cursor.skip_line();
                return Ok(Step::Nothing);
            }
            second => {
                self.cursor.bump();
                match second {
                    Some('"') => self.regex(start),
                    Some('?') => return self.conditional(start),
                    Some('#') => self.symbolic_value(start),
                    Some(':') => {
                        self.cursor.bump();
                        self.namespaced_map(start)
                    }
                    Some('<') => {
                        self.cursor.bump();
                        let message = "`#<…>` is how something prints that cannot be read";
                        Err(self.fault("read/dispatch", message, self.cursor.since(start)))
                    }
                    _ => self.tagged(start),
                }
            }
        };
        form.map(Step::Form)
    }

    /// What `#` begins in data: a tag's name must follow at once.
    #[inline(never)]
    pub(super) fn edn_dispatch(&mut self, start: Mark) -> Read<Step> {
        match self.cursor.peek_second() {
            Some('{' | '^' | '_' | '#' | ':' | '<') => self.dispatch(start),
            Some(c) if c.is_alphabetic() => self.dispatch(start),
            None => self.dispatch(start),
            Some(c) => {
                self.cursor.bump();
                let message = format!("`#{c}` begins nothing in data");
                Err(self.fault("read/dispatch", message, self.cursor.since(start)))
            }
        }
    }

    /// `#_ form`. What is discarded is held to the syntax and to nothing else.
    #[inline(never)]
    fn discard(&mut self, start: Mark) -> Read<Step> {
        let before = std::mem::replace(&mut self.suppressed, true);
        self.operand("#_", start)?;
        self.suppressed = before;
        Ok(Step::Nothing)
    }

    #[inline(never)]
    fn read_eval(&mut self, start: Mark) -> Read<Form> {
        let form = self.operand("#=", start)?;
        let span = self.cursor.since(start);
        if self.options.read_eval == ReadEval::Refuse && !self.suppressed {
            return Err(self.fault(
                "read/eval",
                "`#=` evaluates while reading, which *read-eval* does not allow",
                span,
            ));
        }
        Ok(Form::new(FormKind::Eval(Box::new(form)), span))
    }

    /// `##Inf`, `##-Inf`, `##NaN`; the cursor stands at the second `#`.
    #[inline(never)]
    fn symbolic_value(&mut self, start: Mark) -> Read<Form> {
        let form = self.operand("##", start)?;
        let span = self.cursor.since(start);
        let value = match &form.kind {
            FormKind::Symbol(Name { ns: None, name }) => match &**name {
                "Inf" => Some(f64::INFINITY),
                "-Inf" => Some(f64::NEG_INFINITY),
                "NaN" => Some(f64::NAN),
                _ => None,
            },
            _ => None,
        };
        match value {
            Some(value) => Ok(Form::new(FormKind::Double(value), span)),
            None => {
                let message = format!("`##{form}` is no symbolic value: they are ##Inf, ##-Inf and ##NaN");
                Err(self.fault("read/token", message, span))
            }
        }
    }

    /// `#tag form`; the cursor stands behind the `#`.
    #[inline(never)]
    fn tagged(&mut self, start: Mark) -> Read<Form> {
        self.enter("#", start)?;
        let tag = self.required()?;
        self.leave();
        let FormKind::Symbol(tag) = tag.kind else {
            return Err(self.fault(
                "read/dispatch",
                "`#` begins nothing here: a tag is a symbol",
                self.cursor.since(start),
            ));
        };
        let form = self.operand("#", start)?;
        Ok(Form::new(FormKind::Tagged { tag, form: Box::new(form) }, self.cursor.since(start)))
    }
}
