//! aivc
fn main(){}
