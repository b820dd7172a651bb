#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gdl_tests::fuzz::call(bytes));
