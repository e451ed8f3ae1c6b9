// What a public step takes is public too.
// errors: 1
pub mod flows {
    use flujo::prelude::*;

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Post(String);

    #[step]
    pub async fn triage(post: Post) -> Result<String> {
        Ok(post.0)
    }
}

fn main() {}
