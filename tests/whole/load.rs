//! Many threads at once: transactions, agents, atoms and futures under load, collections meanwhile, on every strategy
//! (`fixtures/load/bank.clj`). By hand with more seconds: `rung fixtures/load/bank.clj 10`.

use crate::process::{finish, rung};
use std::time::Duration;

fn bank(options: &[&str]) {
    let mut args = options.to_vec();
    args.extend(["fixtures/load/bank.clj", "1"]);
    let done = finish(rung(args), b"", Duration::from_secs(120));
    assert_eq!((done.status, done.late), (Some(0), false), "{options:?}: {done:?}");
    assert!(done.out.contains(":right? true"), "{options:?}: {done:?}");
    assert!(
        !done.out.contains(":least-moved 0") && !done.out.contains(":least-read 0"),
        "{options:?} starves: {done:?}"
    );
}

#[test]
fn money_moves_and_none_is_lost() {
    bank(&["--strategy", "interpret"]);
    bank(&["--strategy", "tiered", "--tune", "tier1.calls=2", "--tune", "tier1.backedges=2"]);
}

#[test]
fn also_while_the_collector_runs() {
    bank(&["--tune", "gc.stress=5000"]);
}
