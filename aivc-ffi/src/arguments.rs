//! What C passes, checked before it is used.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

use crate::AivcStatus;
use crate::failure::Failure;

/// A struct of the header, with `struct_size` in front.
///
/// # Safety
/// The type is `repr(C)`, its first field is `struct_size: usize`, and any bytes are a value of it.
pub unsafe trait SizedStruct: Copy {}

fn check_pointer<T>(pointer: *const T, name: &str) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::new(
            AivcStatus::NullPointer,
            format!("{name} is NULL"),
        ));
    }
    if !pointer.is_aligned() {
        return Err(Failure::argument(format!("{name} is not aligned")));
    }
    Ok(())
}

/// What a pointer that must not be null points to.
///
/// # Safety
/// `pointer` is null, or valid for reads for as long as `'a`.
pub unsafe fn reference<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, Failure> {
    check_pointer(pointer, name)?;
    // SAFETY: not null, aligned, and valid by the contract.
    Ok(unsafe { &*pointer })
}

/// A copy of a struct of the caller.
///
/// # Safety
/// `pointer` is null, or points to a struct with `struct_size` in front, of as many bytes as that
/// says.
pub unsafe fn read_struct<T: SizedStruct>(pointer: *const T, name: &str) -> Result<T, Failure> {
    // SAFETY: the contract of this function.
    unsafe { check_struct(pointer, name) }?;
    // SAFETY: the caller's struct has the size of this type.
    Ok(unsafe { pointer.read() })
}

/// [`read_struct`], of a struct that may be left out.
///
/// # Safety
/// As [`read_struct`].
pub unsafe fn read_optional<T: SizedStruct>(
    pointer: *const T,
    name: &str,
) -> Result<Option<T>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the contract of this function.
    unsafe { read_struct(pointer, name) }.map(Some)
}

/// Checks that a struct of the caller can be written.
///
/// # Safety
/// As [`read_struct`].
pub unsafe fn check_struct<T: SizedStruct>(pointer: *const T, name: &str) -> Result<(), Failure> {
    check_pointer(pointer, name)?;
    // SAFETY: not null and aligned; the first field is a `usize` whatever the rest is.
    let size = unsafe { pointer.cast::<usize>().read() };
    check_size::<T>(size, name)
}

/// Compares a size that the caller gives with that of `T`.
pub fn check_size<T>(size: usize, name: &str) -> Result<(), Failure> {
    let expected = size_of::<T>();
    if size != expected {
        return Err(Failure::new(
            AivcStatus::StructSize,
            format!("{name} has struct_size {size}; in this library it has {expected} bytes"),
        ));
    }
    Ok(())
}

/// Fills a struct that the caller has not set up yet; `size` is its size there.
///
/// # Safety
/// `pointer` is null, or valid for writes of `size` bytes.
pub unsafe fn init_struct<T: SizedStruct>(
    pointer: *mut T,
    size: usize,
    value: T,
    name: &str,
) -> Result<AivcStatus, Failure> {
    check_size::<T>(size, name)?;
    // SAFETY: as long as a `T`, by the line above.
    unsafe { write(pointer, value, name) }
}

/// Stores a result.
///
/// # Safety
/// `pointer` is null, or valid for writes.
pub unsafe fn write<T>(pointer: *mut T, value: T, name: &str) -> Result<AivcStatus, Failure> {
    check_pointer(pointer, name)?;
    // SAFETY: not null, aligned, and valid by the contract.
    unsafe { pointer.write(value) };
    Ok(AivcStatus::Ok)
}

/// Bytes of the caller; none may be null.
///
/// # Safety
/// `data` is null, or valid for reads of `size` bytes for as long as `'a`.
pub unsafe fn bytes<'a>(data: *const u8, size: usize, name: &str) -> Result<&'a [u8], Failure> {
    if size == 0 {
        return Ok(&[]);
    }
    check_pointer(data, name)?;
    if isize::try_from(size).is_err() {
        return Err(Failure::argument(format!(
            "{name} cannot have {size} bytes"
        )));
    }
    // SAFETY: not null, not longer than any allocation, and valid by the contract.
    Ok(unsafe { std::slice::from_raw_parts(data, size) })
}

/// A name or text.
///
/// # Safety
/// `pointer` is null, or a string that ends in NUL and lives as long as `'a`.
pub unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str, Failure> {
    // SAFETY: the contract of this function.
    let text = unsafe { c_str(pointer, name) }?;
    text.to_str()
        .map_err(|_| Failure::argument(format!("{name} is not UTF-8")))
}

/// [`text`] that may be left out.
///
/// # Safety
/// As [`text`].
pub unsafe fn optional_text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the contract of this function.
    unsafe { text(pointer, name) }.map(Some)
}

/// A path: any bytes on Unix, UTF-8 elsewhere.
///
/// # Safety
/// As [`text`].
pub unsafe fn path<'a>(pointer: *const c_char, name: &str) -> Result<&'a Path, Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        // SAFETY: the contract of this function.
        let text = unsafe { c_str(pointer, name) }?;
        Ok(Path::new(std::ffi::OsStr::from_bytes(text.to_bytes())))
    }
    #[cfg(not(unix))]
    // SAFETY: the contract of this function.
    unsafe { text(pointer, name) }.map(Path::new)
}

/// # Safety
/// As [`text`].
unsafe fn c_str<'a>(pointer: *const c_char, name: &str) -> Result<&'a CStr, Failure> {
    check_pointer(pointer, name)?;
    // SAFETY: not null, and a string by the contract.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// A text in an array of the caller's struct, cut to its length, with a NUL at the end.
pub fn fixed_text<const N: usize>(text: &str) -> [c_char; N] {
    let mut end = text.len().min(N - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut array = [0; N];
    for (target, byte) in array.iter_mut().zip(&text.as_bytes()[..end]) {
        *target = *byte as c_char;
    }
    array
}

/// The pointer that callbacks get back. It goes with its handle from thread to thread.
#[derive(Clone, Copy)]
pub struct User(pub *mut c_void);

// SAFETY: the library never follows the pointer; the header tells callers that a handle's callbacks
// run in the thread of the call, so whoever moves the handle moves the pointer knowingly.
unsafe impl Send for User {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let cut: [c_char; 4] = fixed_text("aéé");
        let bytes = cut.map(|byte| byte as u8);
        assert_eq!(bytes, [b'a', 0xc3, 0xa9, 0]);
    }

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Sized {
        struct_size: usize,
        value: u32,
    }

    // SAFETY: `repr(C)` with plain fields, the size first.
    unsafe impl SizedStruct for Sized {}

    #[test]
    fn a_struct_of_another_size_is_not_read() {
        // As a program of an older version has it: shorter than what this one knows.
        let old = size_of::<usize>();
        // SAFETY: an aligned `usize`, which is all that is read.
        let result = unsafe { read_struct::<Sized>((&raw const old).cast(), "old") };
        assert_eq!(result.err().unwrap().status, AivcStatus::StructSize);

        let new = Sized {
            struct_size: size_of::<Sized>(),
            value: 3,
        };
        // SAFETY: a whole struct.
        assert_eq!(unsafe { read_struct(&new, "new") }.unwrap().value, 3);
    }

    #[test]
    fn an_unaligned_pointer_is_refused() {
        let words = [0usize; 2];
        // SAFETY: within the array.
        let odd = unsafe { words.as_ptr().cast::<u8>().add(1) }.cast::<Sized>();
        // SAFETY: refused before it is read.
        let result = unsafe { read_struct(odd, "odd") };
        assert_eq!(result.err().unwrap().status, AivcStatus::InvalidArgument);
    }
}
