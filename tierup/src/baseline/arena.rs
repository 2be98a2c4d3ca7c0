//! Memory for generated code: one file in memory, mapped twice. What is written through the one view runs through the
//! other, so that no mapping is ever writable and executable and no page that runs is flipped. Code is never freed.

use parking_lot::Mutex;

/// Address space reserved; pages are used when they are written.
const RESERVE: usize = 1 << 30;
const ALIGN: usize = 32;

pub struct Arena {
    writable: usize,
    executable: usize,
    used: Mutex<usize>,
}

/// Room for code, not yet runnable.
pub struct Room<'a> {
    arena: &'a Arena,
    at: usize,
    len: usize,
}

impl Arena {
    /// # Errors
    /// The system gives no memory that may be executed.
    pub fn new() -> Result<Arena, String> {
        // SAFETY: a fresh anonymous file and two fresh shared mappings of it.
        unsafe {
            let fd = libc::memfd_create(c"rung-code".as_ptr(), libc::MFD_CLOEXEC);
            if fd < 0 || libc::ftruncate(fd, RESERVE as libc::off_t) != 0 {
                return Err(format!("no memory for code: {}", std::io::Error::last_os_error()));
            }
            let map = |protection| {
                libc::mmap(std::ptr::null_mut(), RESERVE, protection, libc::MAP_SHARED | libc::MAP_NORESERVE, fd, 0)
            };
            let writable = map(libc::PROT_READ | libc::PROT_WRITE);
            let executable = map(libc::PROT_READ | libc::PROT_EXEC);
            libc::close(fd);
            if writable == libc::MAP_FAILED || executable == libc::MAP_FAILED {
                return Err(format!("no memory for code: {}", std::io::Error::last_os_error()));
            }
            Ok(Arena { writable: writable as usize, executable: executable as usize, used: Mutex::new(0) })
        }
    }

    /// # Errors
    /// The arena is full.
    pub fn take(&self, len: usize) -> Result<Room<'_>, String> {
        let mut used = self.used.lock();
        let at = used.next_multiple_of(ALIGN);
        if at + len > RESERVE {
            return Err("the memory for code is full".into());
        }
        *used = at + len;
        Ok(Room { arena: self, at, len })
    }
}

impl Room<'_> {
    /// Where the code will run.
    pub fn address(&self) -> usize {
        self.arena.executable + self.at
    }
    /// Writes the code; gives the address where it runs.
    pub fn fill(self, bytes: &[u8]) -> usize {
        assert!(bytes.len() <= self.len);
        // SAFETY: the room is this caller's alone, inside the writable view; nothing runs there yet.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (self.arena.writable + self.at) as *mut u8, bytes.len());
        }
        self.address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_is_writable_and_executable() {
        let arena = Arena::new().unwrap();
        // mov eax, 42; ret
        let code = arena.take(6).unwrap().fill(&[0xb8, 42, 0, 0, 0, 0xc3]);
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: the bytes above are a function of no arguments.
            let f: extern "C" fn() -> i32 = unsafe { std::mem::transmute(code) };
            assert_eq!(f(), 42);
        }
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let ours: Vec<&str> = maps.lines().filter(|l| l.contains("rung-code")).collect();
        assert!(ours.len() >= 2 && ours.iter().all(|l| !l.contains("rwx")), "{code:x} {ours:?}");
    }
}
