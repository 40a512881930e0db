use aivc_core::training::*;
use burn::backend::{Autodiff, Flex};
use std::ops::ControlFlow;
fn main(){
    let a: Vec<String> = std::env::args().collect();
    let mut r = Recipe::load(&a[1]).unwrap();
    if let Some(n)=a.get(3) { r.optimization.steps = n.parse().unwrap(); r.optimization.log_every=10; r.output="/tmp/runtest".into(); r.validation=None; }
    let start = if a.get(2).map(|s| s=="resume").unwrap_or(false) {StartFrom::Checkpoint} else {StartFrom::Scratch};
    let s = train::<Autodiff<Flex>>(&r, start, &Default::default(), &mut |e| { if let TrainingEvent::Logged(l) = e { println!("{}", serde_json::to_string(l).unwrap()); } ControlFlow::Continue(()) });
    println!("{s:?}");
}
