//! Which values need not be words: the static type of every node, by abstract interpretation to a fixed point. Sound
//! without guards, for arithmetic of the language is closed: a long plus a long is a long or an error, a double with any
//! number is a double.

use super::form::Rep;
use engine::analyze::{Arity, Expr, ExprId, FnProto, LoopId, Op, Slot, Target, Tree, Ty};
use questions::Repr;

/// A static type. `Never`: control does not come out of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Never,
    Long,
    Double,
    Bool,
    Any,
    Native(Repr),
}

impl Type {
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (Type::Never, t) | (t, Type::Never) => t,
            (a, b) if a == b => a,
            (Type::Native(a), Type::Native(_)) => Type::Native(a),
            _ => Type::Any,
        }
    }
    pub fn rep(self) -> Rep {
        match self {
            Type::Never | Type::Any => Rep::Value,
            Type::Long => Rep::Long,
            Type::Double => Rep::Double,
            Type::Bool => Rep::Bool,
            Type::Native(r) => Rep::Native(r),
        }
    }
    pub fn of_rep(r: Rep) -> Type {
        match r {
            Rep::Value => Type::Any,
            Rep::Long => Type::Long,
            Rep::Double => Type::Double,
            Rep::Bool => Type::Bool,
            Rep::Native(r) => Type::Native(r),
        }
    }
}

/// The type of an operation's result.
pub fn operation(op: Op, args: &[Type]) -> Type {
    use Type::*;
    if args.contains(&Never) {
        return Never;
    }
    let double = args.contains(&Double);
    let longs = args.iter().all(|t| *t == Long);
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::Inc | Op::Dec | Op::Neg | Op::Quot | Op::Rem | Op::Mod => match () {
            () if double => Double,
            () if longs => Long,
            () => Any,
        },
        Op::Div if double => Double,
        Op::UncheckedAdd | Op::UncheckedSub | Op::UncheckedMul | Op::UncheckedInc | Op::UncheckedDec if longs => Long,
        Op::IsZero | Op::IsPos | Op::IsNeg | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::NumEq | Op::Equal => Bool,
        Op::Identical | Op::Not | Op::IsNil | Op::IsSome => Bool,
        Op::BitAnd | Op::BitOr | Op::BitXor | Op::Shl | Op::Shr | Op::UShr | Op::Count | Op::ALength => Long,
        Op::HintLong | Op::HintWrap => Long,
        Op::HintDouble => Double,
        _ => Any,
    }
}

/// The types of a function's nodes, given its parameters'.
pub struct Types {
    nodes: Vec<Type>,
    /// Variables of each loop, by loop and position.
    loops: Vec<Vec<Type>>,
    /// What the arity's own calls of itself give, and what its body gives.
    pub result: Type,
    /// Parameters as recursion leaves them: joined with what `recur` and calls of itself pass.
    pub params: Vec<Type>,
}

impl Types {
    pub fn node(&self, id: ExprId) -> Type {
        self.nodes[id.index()]
    }
    pub fn loop_vars(&self, id: LoopId) -> &[Type] {
        self.loops.get(id.index()).map_or(&[], |v| v)
    }
}

struct Pass<'a> {
    tree: &'a Tree,
    function: &'a FnProto,
    types: Types,
    env: Vec<Type>,
    /// Calls of itself have these parameters (the arity of a specialised signature), else give words.
    own_params: Option<usize>,
    changed: bool,
}

/// Infers. With `specialised`, calls of the function's own arity pass and return what is inferred; else words.
pub fn infer(tree: &Tree, function: &FnProto, arity: &Arity, params: &[Type], specialised: bool) -> Types {
    let types = Types {
        nodes: vec![Type::Never; tree.nodes.len()],
        loops: vec![Vec::new(); arity.loops as usize],
        result: if specialised { Type::Never } else { Type::Any },
        params: params.to_vec(),
    };
    let own_params = specialised.then_some(params.len());
    let mut p = Pass { tree, function, types, env: Vec::new(), own_params, changed: true };
    while p.changed {
        p.changed = false;
        p.env = vec![Type::Any; arity.frame as usize + 1];
        for (i, t) in p.types.params.iter().enumerate() {
            p.env[i + 1] = *t;
        }
        let result = p.visit(arity.body);
        if specialised && p.types.result != p.types.result.join(result) {
            p.types.result = p.types.result.join(result);
            p.changed = true;
        }
    }
    p.types
}

impl Pass<'_> {
    fn get(&self, slot: Slot) -> Type {
        self.env.get(slot.index()).copied().unwrap_or(Type::Any)
    }
    fn set(&mut self, slot: Slot, t: Type) {
        if slot.index() >= self.env.len() {
            self.env.resize(slot.index() + 1, Type::Any);
        }
        self.env[slot.index()] = t;
    }
    fn grow(&mut self, at: impl Fn(&mut Types) -> &mut Type, t: Type) {
        let cell = at(&mut self.types);
        let joined = cell.join(t);
        if joined != *cell {
            *cell = joined;
            self.changed = true;
        }
    }

    fn visit(&mut self, id: ExprId) -> Type {
        let t = match self.tree.repr(id) {
            Some(r) => {
                let mut diverges = false;
                let at = self.visit_expr(id);
                diverges |= at == Type::Never;
                if diverges { Type::Never } else { Type::Native(r) }
            }
            None => self.visit_expr(id),
        };
        self.grow(|types| &mut types.nodes[id.index()], t);
        self.types.nodes[id.index()]
    }

    fn visit_expr(&mut self, id: ExprId) -> Type {
        use Type::*;
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Literal { value } => literal(tree, *value),
            Expr::Local { slot } => self.get(*slot),
            Expr::Capture { index } => match self.function.capture_types.get(index.index()) {
                Some(Ty::Cpp(..)) => Native(tree.repr(id).unwrap_or(Repr::I64)),
                _ => Any,
            },
            Expr::If { test, then, otherwise } => {
                if self.visit(*test) == Never {
                    return Never;
                }
                let (a, b) = (self.visit(*then), self.visit(*otherwise));
                a.join(b)
            }
            Expr::Do { body } => {
                let mut last = Any;
                for e in body {
                    last = self.visit(*e);
                    if last == Never {
                        return Never;
                    }
                }
                last
            }
            Expr::Let { bindings, body } => {
                for b in bindings {
                    let t = self.visit(b.init);
                    if t == Never {
                        return Never;
                    }
                    self.set(b.slot, t);
                }
                self.visit(*body)
            }
            Expr::Letfn { bindings, body } => {
                for b in bindings {
                    self.set(b.slot, Any);
                }
                for b in bindings {
                    self.visit(b.init);
                }
                self.visit(*body)
            }
            Expr::Loop { id: loop_id, bindings, body } => {
                for (i, b) in bindings.iter().enumerate() {
                    let t = self.visit(b.init);
                    if t == Never {
                        return Never;
                    }
                    let vars = &mut self.types.loops[loop_id.index()];
                    if vars.len() <= i {
                        vars.resize(i + 1, Never);
                    }
                    self.grow(|types| &mut types.loops[loop_id.index()][i], t);
                    // Later inits see the variable.
                    let t = self.types.loops[loop_id.index()][i];
                    self.set(b.slot, t);
                }
                self.visit(*body)
            }
            Expr::Recur { target, args, .. } => {
                for (i, a) in args.iter().enumerate() {
                    let t = self.visit(*a);
                    match target {
                        Target::Loop(l) => {
                            if self.types.loops[l.index()].len() > i {
                                self.grow(|types| &mut types.loops[l.index()][i], t);
                            }
                        }
                        Target::Function => {
                            if i < self.types.params.len() {
                                self.grow(|types| &mut types.params[i], t);
                            }
                        }
                    }
                }
                Never
            }
            Expr::Call { callee, args, .. } if super::calls_own_var(tree, self.function, *callee, args.len()) => {
                let mut goes_on = self.visit(*callee) != Never;
                for (i, a) in args.iter().enumerate() {
                    let t = self.visit(*a);
                    goes_on &= t != Never;
                    if self.own_params == Some(args.len()) {
                        self.grow(|types| &mut types.params[i], t);
                    }
                }
                // The var may hold another function by then.
                if goes_on { Any } else { Never }
            }
            Expr::SelfCall { args, .. } => {
                let own = self.own_params == Some(args.len());
                let mut goes_on = true;
                for (i, a) in args.iter().enumerate() {
                    let t = self.visit(*a);
                    goes_on &= t != Never;
                    if own {
                        self.grow(|types| &mut types.params[i], t);
                    }
                }
                match (goes_on, own) {
                    (false, _) => Never,
                    (true, true) => self.types.result,
                    (true, false) => Any,
                }
            }
            Expr::Operate { op, args, .. } => {
                let ts: smallvec::SmallVec<[Type; 2]> = args.iter().map(|a| self.visit(*a)).collect();
                operation(*op, &ts)
            }
            Expr::Throw { value } => {
                self.visit(*value);
                Never
            }
            Expr::Try { body, catches, finally } => {
                let mut t = self.visit(*body);
                for c in catches {
                    self.set(c.slot, Any);
                    t = t.join(self.visit(c.body));
                }
                if let Some(f) = finally {
                    if self.visit(*f) == Never {
                        return Never;
                    }
                }
                t
            }
            Expr::Case { subject, arms, default } => {
                if self.visit(*subject) == Never {
                    return Never;
                }
                let mut t = self.visit(*default);
                for a in arms {
                    t = t.join(self.visit(a.body));
                }
                t
            }
            Expr::Cleanups { body, .. } => self.visit(*body),
            other => {
                let mut goes_on = true;
                other.children(&mut |c| goes_on &= self.visit(c) != Never);
                if goes_on { Any } else { Never }
            }
        }
    }
}

fn literal(tree: &Tree, value: engine::analyze::ConstId) -> Type {
    use engine::analyze::ConstKey;
    match tree.consts[value.index()] {
        ConstKey::Long(_) => Type::Long,
        ConstKey::Double(_) => Type::Double,
        ConstKey::Bool(_) => Type::Bool,
        _ => Type::Any,
    }
}
