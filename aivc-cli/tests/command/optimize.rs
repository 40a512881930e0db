//! `aivc optimize`.

use std::fs;

use crate::support::Workplace;

const RECIPE: &str = r#"
name = "NAME"
output = "NAME"
seed = 1
model = { family = "hyperprior", transform = { blocks = 1, hidden = 8, latent = 8 }, hyper = 8 }
loss = { lambda_lowest = 0.001, lambda_highest = 0.1 }

[optimization]
steps = 1
batch = 1
crop = 64
learning_rate = { peak = 1e-3, last = 1e-4 }
gradient_norm = 1.0
averaging = 0.9
checkpoint_every = 1
log_every = 1

[data]
sources = [{ path = "photos", kind = "pictures", weight = 1.0 }]
"#;

/// A folder with `whole/whole.safetensors`, and a small photo to train and measure on.
fn workplace() -> Workplace {
    let workplace = Workplace::with_clip(1);
    fs::create_dir(workplace.path("photos")).unwrap();
    let decode = ["decode", "clip.aivc", "-o", "photos/%03d.png"];
    workplace
        .run(["encode", "clip.y4m", "-o", "clip.aivc", "--quality", "63"])
        .succeeds();
    workplace.run(decode).succeeds();
    // Crops have 64 pixels a side: the clip is smaller.
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/picosdeeuropa.png");
    fs::create_dir(workplace.path("large")).unwrap();
    fs::copy(photo, workplace.path("large/a.png")).unwrap();
    workplace.train("whole", |recipe| recipe);
    workplace
}

impl Workplace {
    fn train(&self, name: &str, change: impl FnOnce(String) -> String) {
        let recipe = RECIPE
            .replace("NAME", name)
            .replace("\"photos\"", "\"large\"");
        fs::write(self.path("recipe.toml"), change(recipe)).unwrap();
        self.run(["train", "recipe.toml"]).succeeds();
    }

    fn optimize(&self, arguments: &str) -> crate::support::Run {
        let arguments = arguments.split(' ');
        self.run(["optimize"].into_iter().chain(arguments))
    }
}

#[test]
fn a_model_is_cut_trained_on_stored_in_8_bits_and_codes() {
    let workplace = workplace();
    let cut = workplace
        .optimize("prune whole/whole.safetensors --pictures photos --keep 0.5 -o cut.st")
        .succeeds();
    assert!(cut.stdout().contains("after: cut.st"), "{}", cut.stdout());
    // What is printed is what a recipe needs.
    let model = "model = { family = \"hyperprior\", transform = { blocks = 1, hidden = 4, latent = 4 }, hyper = 4 }";
    assert!(cut.stderr().contains(model), "{}", cut.stderr());
    workplace.train("tuned", |recipe| {
        let line = recipe
            .lines()
            .find(|line| line.starts_with("model"))
            .unwrap();
        recipe.replace(line, &format!("start = \"cut.st\"\n{model}"))
    });
    workplace
        .optimize("int8 tuned/tuned.safetensors -o small.st --name small")
        .succeeds();

    let compare =
        "compare whole/whole.safetensors cut.st small.st --pictures photos --json --threads 1";
    let rows = workplace.optimize(compare).succeeds().json();
    let rows = rows.as_array().unwrap();
    let numbers =
        |name: &str| -> Vec<f64> { rows.iter().map(|row| row[name].as_f64().unwrap()).collect() };
    let bytes = numbers("bytes");
    assert!(bytes[0] > bytes[1] && bytes[1] > bytes[2], "{bytes:?}");
    assert_eq!(bytes[2], workplace.bytes("small.st").len() as f64);
    assert_eq!(rows[2]["model"]["name"], "small");
    let cost = |row: usize| {
        rows[row]["model"]["decoder_kmac_per_pixel"]
            .as_f64()
            .unwrap()
    };
    assert!(cost(1) < cost(0) && cost(2) == cost(1));
    assert!(rows[0]["bd_rate_percent"].is_null());
    assert!(
        numbers("decoded_per_second")
            .iter()
            .all(|&speed| speed > 0.0)
    );

    let coded = |model: &str| {
        workplace
            .run(["encode", "clip.y4m", "-o", "small.aivc", "--model", model])
            .succeeds();
        workplace.run(["decode", "small.aivc", "--md5", "--model", "small.st"])
    };
    coded("small.st").succeeds();
    // Another model than the one that it was made of.
    coded("tuned/tuned.safetensors").fails(1, &["coded with weights"]);
}

#[test]
fn what_cannot_be_optimized_is_named() {
    let workplace = workplace();
    let whole = "whole/whole.safetensors";
    workplace
        .optimize(&format!("int8 {whole} -o small.st"))
        .succeeds();
    for (arguments, code, parts) in [
        (
            "int8 small.st -o other.st".to_owned(),
            1,
            &["small.st", "nothing to do"][..],
        ),
        (
            "int8 nothing -o other.st".to_owned(),
            1,
            &["no model `nothing`"],
        ),
        (format!("int8 {whole} -o {whole}"), 2, &["is the input"]),
        (
            "prune hybrid-small --pictures photos --keep 0.5 -o other.st".to_owned(),
            1,
            &["hybrid-small", "family `hybrid` cannot be pruned"],
        ),
        (
            format!("prune {whole} --pictures photos --keep 1.5 -o other.st"),
            1,
            &["1.5", "above 0 and below 1"],
        ),
        (
            format!("prune {whole} --pictures photos --hidden 9 -o other.st"),
            1,
            &["`hidden` cannot be 9", "1 to 8"],
        ),
        (
            format!("prune {whole} --pictures photos --kmac 0.001 -o other.st"),
            1,
            &["0.001 kMAC/pixel"],
        ),
        (
            format!("prune {whole} --pictures photos --hyper 8 -o other.st"),
            1,
            &["nothing to do"],
        ),
        (
            format!("prune {whole} --pictures whole --keep 0.5 -o other.st"),
            1,
            &["whole", "no PNG or JPEG"],
        ),
        (
            format!("compare {whole} --pictures nowhere"),
            1,
            &["nowhere", "check the path"],
        ),
    ] {
        workplace.optimize(&arguments).fails(code, parts);
    }
    let run = workplace.optimize(&format!("prune {whole} --pictures photos -o other.st"));
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(!workplace.names().contains(&"other.st".to_owned()));
}
