//! The stub between generated code and the runtime's slow paths: it keeps every register, so that a call that hardly ever
//! happens does not make the values of the straight path live in memory (mandel 5.6 → 3.4 ns, tier-facts.md).
//!
//! Called with Cranelift's `PreserveAll` convention: `(thread, target, up to three words [, one double])`. Calls
//! `target(words…, double)` in the C convention and leaves its result in `thread.result`.

/// Words that the stub passes on.
pub const WORDS: usize = 4;

#[cfg(target_arch = "x86_64")]
pub const AVAILABLE: bool = true;
#[cfg(not(target_arch = "x86_64"))]
pub const AVAILABLE: bool = false;

/// The stub's address, by where the target's result is.
pub fn stub(double: bool) -> usize {
    #[cfg(target_arch = "x86_64")]
    return if double { x64::to_double as *const () as usize } else { x64::to_word as *const () as usize };
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = double;
        0
    }
}

#[cfg(target_arch = "x86_64")]
mod x64 {
    use std::arch::naked_asm;

    macro_rules! stub {
        ($name:ident, $result:literal) => {
            /// # Safety
            /// Called by generated code only, as the file says.
            #[unsafe(naked)]
            pub unsafe extern "C" fn $name() {
                naked_asm!(
                    // Everything that the C convention lets a callee change. The collector finds words among it.
                    "push rbp",
                    "mov rbp, rsp",
                    "push rax",
                    "push rcx",
                    "push rdx",
                    "push rsi",
                    "push rdi",
                    "push r8",
                    "push r9",
                    "push r10",
                    "push r11",
                    "sub rsp, 264",
                    "and rsp, -16",
                    "movups [rsp], xmm0",
                    "movups [rsp + 16], xmm1",
                    "movups [rsp + 32], xmm2",
                    "movups [rsp + 48], xmm3",
                    "movups [rsp + 64], xmm4",
                    "movups [rsp + 80], xmm5",
                    "movups [rsp + 96], xmm6",
                    "movups [rsp + 112], xmm7",
                    "movups [rsp + 128], xmm8",
                    "movups [rsp + 144], xmm9",
                    "movups [rsp + 160], xmm10",
                    "movups [rsp + 176], xmm11",
                    "movups [rsp + 192], xmm12",
                    "movups [rsp + 208], xmm13",
                    "movups [rsp + 224], xmm14",
                    "movups [rsp + 240], xmm15",
                    // (thread, target, a, b, c, d) becomes (a, b, c, d).
                    "mov rax, rsi",
                    "mov rdi, rdx",
                    "mov rsi, rcx",
                    "mov rdx, r8",
                    "mov rcx, r9",
                    "call rax",
                    // The thread, pushed fifth.
                    "mov rdi, [rbp - 40]",
                    $result,
                    "movups xmm0, [rsp]",
                    "movups xmm1, [rsp + 16]",
                    "movups xmm2, [rsp + 32]",
                    "movups xmm3, [rsp + 48]",
                    "movups xmm4, [rsp + 64]",
                    "movups xmm5, [rsp + 80]",
                    "movups xmm6, [rsp + 96]",
                    "movups xmm7, [rsp + 112]",
                    "movups xmm8, [rsp + 128]",
                    "movups xmm9, [rsp + 144]",
                    "movups xmm10, [rsp + 160]",
                    "movups xmm11, [rsp + 176]",
                    "movups xmm12, [rsp + 192]",
                    "movups xmm13, [rsp + 208]",
                    "movups xmm14, [rsp + 224]",
                    "movups xmm15, [rsp + 240]",
                    "lea rsp, [rbp - 72]",
                    "pop r11",
                    "pop r10",
                    "pop r9",
                    "pop r8",
                    "pop rdi",
                    "pop rsi",
                    "pop rdx",
                    "pop rcx",
                    "pop rax",
                    "pop rbp",
                    "ret",
                )
            }
        };
    }
    // The result's word of the thread is at 32 (`emit::offset::RESULT`).
    stub!(to_word, "mov [rdi + 32], rax");
    stub!(to_double, "movsd [rdi + 32], xmm0");
}
