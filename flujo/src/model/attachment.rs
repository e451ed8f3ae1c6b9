use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// An image or a file that is part of a message.
///
/// ```
/// # use flujo::model::Attachment;
/// let photo = Attachment::url("image/jpeg", "https://example.com/cat.jpg");
/// assert!(photo.is_image());
/// let page = Attachment::bytes("application/pdf", b"%PDF-1.7").named("offer.pdf");
/// assert_eq!(page.name.as_deref(), Some("offer.pdf"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The media type, such as `image/png` or `application/pdf`.
    pub media_type: String,
    /// The file name, for providers that ask for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The content.
    pub content: Content,
}

/// The location of the content of an [`Attachment`].
///
/// ```
/// use flujo::model::{Attachment, Content};
/// let photo = Attachment::bytes("image/png", [1, 2, 3]);
/// assert!(matches!(&photo.content, Content::Base64(text) if &**text == "AQID"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// A URL: the provider fetches the content.
    Url(String),
    /// The content itself, encoded in base64: it is part of the request.
    Base64(Arc<str>),
}

impl Attachment {
    /// Returns an attachment that the provider fetches from `url`. Not every provider supports that.
    pub fn url(media_type: impl Into<String>, url: impl Into<String>) -> Self {
        Self { media_type: media_type.into(), name: None, content: Content::Url(url.into()) }
    }

    /// Returns an attachment whose content is part of the request.
    pub fn bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        let content = Content::Base64(base64(bytes.as_ref()).into());
        Self { media_type: media_type.into(), name: None, content }
    }

    /// Sets the file name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// True if the media type is that of an image; everything else is a file.
    pub fn is_image(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}

/// Prints the size in place of the content.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Attachment");
        out.field("media_type", &self.media_type).field("name", &self.name).field("content", &self.content);
        out.finish()
    }
}
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
            Self::Base64(text) => write!(f, "Base64({} bytes)", text.len()),
        }
    }
}

/// The alphabet of RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| LETTERS.get((bits & 63) as usize).map_or('A', |letter| char::from(*letter));
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| chunk.get(i).map_or(0, |byte| u32::from(*byte));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        out.push(letter(bits >> 18));
        out.push(letter(bits >> 12));
        out.push(if chunk.len() > 1 { letter(bits >> 6) } else { '=' });
        out.push(if chunk.len() > 2 { letter(bits) } else { '=' });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_standard() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn nobody_reads_the_content_in_a_log() {
        let shown = format!("{:?}", Attachment::bytes("image/png", b"secret"));
        assert!(shown.ends_with("content: Base64(8 bytes) }"), "{shown}");
    }
}
