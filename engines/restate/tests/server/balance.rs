//! A balancer of connections: one address for several workers.

/// Gives connections to the workers by turns, as a balancer does.
pub(crate) async fn balance(listener: tokio::net::TcpListener, addresses: Vec<String>) {
    let mut turn = 0;
    while let Ok((mut from, _)) = listener.accept().await {
        let mut to = None;
        // Who is dead is left out.
        for _ in 0..addresses.len() {
            turn += 1;
            if let Ok(stream) = tokio::net::TcpStream::connect(&addresses[turn % addresses.len()]).await {
                to = Some(stream);
                break;
            }
        }
        if let Some(mut to) = to {
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
        }
    }
}
