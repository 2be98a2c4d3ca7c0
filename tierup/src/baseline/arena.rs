//! Memory for generated code: one file in memory, mapped twice. What is written through the one view runs through the
//! other, so that no mapping is ever writable and executable and no page that runs is flipped. Code is never freed.

use parking_lot::Mutex;

/// Address space of a chunk; pages are used when they are written. Not more, for code that the C++ compiler links must
/// lie within 2 GiB of the libraries, and what is mapped here is in its way.
const CHUNK: usize = 32 << 20;
const ALIGN: usize = 32;

/// One file, mapped twice.
#[derive(Clone, Copy)]
struct Chunk {
    writable: usize,
    executable: usize,
    used: usize,
    size: usize,
}

pub struct Arena(Mutex<Chunk>);

/// Room for code, not yet runnable.
pub struct Room {
    writable: usize,
    executable: usize,
    len: usize,
}

impl Chunk {
    fn new(size: usize) -> Result<Chunk, String> {
        // SAFETY: a fresh anonymous file and two fresh shared mappings of it.
        unsafe {
            let fd = libc::memfd_create(c"rung-code".as_ptr(), libc::MFD_CLOEXEC);
            if fd < 0 || libc::ftruncate(fd, size as libc::off_t) != 0 {
                return Err(format!("no memory for code: {}", std::io::Error::last_os_error()));
            }
            let map = |protection| {
                libc::mmap(std::ptr::null_mut(), size, protection, libc::MAP_SHARED | libc::MAP_NORESERVE, fd, 0)
            };
            let writable = map(libc::PROT_READ | libc::PROT_WRITE);
            let executable = map(libc::PROT_READ | libc::PROT_EXEC);
            let error = std::io::Error::last_os_error();
            libc::close(fd);
            if writable == libc::MAP_FAILED || executable == libc::MAP_FAILED {
                return Err(format!("no memory for code: {error}"));
            }
            Ok(Chunk { writable: writable as usize, executable: executable as usize, used: 0, size })
        }
    }
}

impl Arena {
    /// # Errors
    /// The system gives no memory that may be executed.
    pub fn new() -> Result<Arena, String> {
        Ok(Arena(Mutex::new(Chunk::new(CHUNK)?)))
    }

    /// # Errors
    /// As `new`: a new chunk is taken where the last is full.
    pub fn take(&self, len: usize) -> Result<Room, String> {
        let mut chunk = self.0.lock();
        if chunk.used.next_multiple_of(ALIGN) + len > chunk.size {
            *chunk = Chunk::new(CHUNK.max(len.next_multiple_of(CHUNK)))?;
        }
        let at = chunk.used.next_multiple_of(ALIGN);
        chunk.used = at + len;
        Ok(Room { writable: chunk.writable + at, executable: chunk.executable + at, len })
    }
}

impl Room {
    /// Where the code will run.
    pub fn address(&self) -> usize {
        self.executable
    }
    /// Writes the code; gives the address where it runs.
    pub fn fill(self, bytes: &[u8]) -> usize {
        assert!(bytes.len() <= self.len);
        // SAFETY: the room is this caller's alone, inside the writable view; nothing runs there yet.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.writable as *mut u8, bytes.len()) }
        self.executable
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
        // A full chunk is followed by another.
        assert!(arena.take(CHUNK - 64).is_ok() && arena.take(2 * CHUNK).is_ok());
        assert!(ours.len() >= 2 && ours.iter().all(|l| !l.contains("rwx")), "{code:x} {ours:?}");
    }
}
