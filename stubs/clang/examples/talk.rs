//! Talks to the library by hand: a JSON request a line on standard input, a JSON reply a line on standard output.

use std::io::BufRead;

fn main() {
    let library = rung_clang::Library::new().expect("a thread");
    for line in std::io::stdin().lock().lines().map_while(Result::ok).filter(|l| !l.trim().is_empty()) {
        let reply = library.request(line.into_bytes()).expect("the thread lives");
        println!("{}", String::from_utf8_lossy(&reply));
    }
}
