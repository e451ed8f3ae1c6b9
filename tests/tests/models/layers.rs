//! A server behind what stands between: TLS, tunnels of proxies, HTTP/2.

use crate::server::{Act, act, head, read};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// The certificate of the servers, for `localhost` and `models.test`. It is its own issuer, and its key is for these tests:
///
/// ```sh
/// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=flujo tests: known" \
///     -addext "basicConstraints=critical,CA:FALSE" -addext "subjectAltName=DNS:localhost,DNS:models.test" \
///     -keyout known.key.pem -out known.pem
/// ```
pub const KNOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/identities/known.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/identities/known.key.pem");
/// The certificate of nobody.
pub const STRANGER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/identities/stranger.pem");

/// One of what the bytes go through, the outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// TLS.
    Tls,
    /// TLS that offers HTTP/2 before HTTP/1.1.
    Offers2,
    /// A proxy that opens a tunnel. Whatever the target, this server is at its end.
    Tunnel,
}

trait Bytes: Read + Write + Send {}
impl<T: Read + Write + Send> Bytes for T {}

pub struct Layered {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Layered {
    /// Every connection goes through `layers` and is answered so.
    pub fn new(layers: &[Layer], answer: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, layers) = (Arc::clone(&heads), layers.to_vec());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (noted, layers, answer) = (Arc::clone(&noted), layers.clone(), answer.clone());
                // A client that breaks off is no error of the server.
                thread::spawn(move || serve(Box::new(stream), &layers, &answer, &noted));
            }
        });
        Self { port, heads }
    }

    /// The heads of the requests so far, those to a proxy among them.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: Box<dyn Bytes>,
    layers: &[Layer],
    answer: &[Act],
    heads: &Mutex<Vec<String>>,
) -> Option<()> {
    for layer in layers {
        match layer {
            Layer::Tls => stream = Box::new(secured(stream, &[])),
            Layer::Offers2 => {
                let mut secured = secured(stream, &["h2", "http/1.1"]);
                secured.conn.complete_io(&mut secured.sock).ok()?;
                assert_eq!(secured.conn.alpn_protocol(), Some(&b"h2"[..]));
                return answer_in_frames(&mut secured);
            }
            Layer::Tunnel => {
                heads.lock().unwrap().push(head(&mut stream)?);
                stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").ok()?;
            }
        }
    }
    let request = read(&mut stream)?;
    heads.lock().unwrap().push(request.head);
    act(&mut stream, answer);
    Some(())
}

fn secured<S: Bytes>(stream: S, protocols: &[&str]) -> StreamOwned<ServerConnection, S> {
    let certificate = CertificateDer::from_pem_file(KNOWN).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream)
}

/// The answer of [`answer_in_frames`].
pub const IN_FRAMES: &str = r#"{"choices":[{"message":{"content":"in frames"},"finish_reason":"stop"}]}"#;

/// Reads a request of HTTP/2 (RFC 9113) until its stream ends, and answers it.
fn answer_in_frames(stream: &mut impl Bytes) -> Option<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).ok()?;
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let frame = |kind: u8, flags: u8, id: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, id], payload].concat()
    };
    let (data, headers, settings, end_stream, end_headers, ack) = (0, 1, 4, 1, 4, 1);
    stream.write_all(&frame(settings, 0, 0, &[])).ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).ok()?;
        match (head[3], head[4]) {
            (kind, 0) if kind == settings => stream.write_all(&frame(settings, ack, 0, &[])).ok()?,
            (kind, flags) if kind == data && flags & end_stream != 0 => break,
            _ => {}
        }
    }
    // `:status: 200` is the eighth of the static table of HPACK (RFC 7541).
    stream.write_all(&frame(headers, end_headers, 1, &[0x88])).ok()?;
    stream.write_all(&frame(data, end_stream, 1, IN_FRAMES.as_bytes())).ok()?;
    // The client has read it all when it closes.
    let _ = stream.read(&mut [0; 64]);
    Some(())
}
