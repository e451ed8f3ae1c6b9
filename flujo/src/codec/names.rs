//! Names of fields as they are written. The same few come with every value, and are put together once for each thread.

/// So many names are known at most.
const SLOTS: usize = 256;

/// What is written of names, found by their addresses. A name whose place is taken stays unknown: what is known is never
/// put together twice.
pub(super) struct Names<W> {
    slots: Vec<Option<(&'static str, W)>>,
}

impl<W> Names<W> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// What is written of a name; `None` if it is not known.
    #[inline]
    pub(super) fn find(
        &mut self,
        name: &'static str,
        put_together: impl FnOnce(&'static str) -> Option<W>,
    ) -> Option<&W> {
        let address = name.as_ptr().addr();
        let place = (address ^ (address >> 8)) % SLOTS;
        // Compared with its length: of two names at one address, one is the beginning of the other.
        if !matches!(self.slots.get(place), Some(Some((known, _))) if std::ptr::eq(*known, name)) {
            self.learn(place, name, put_together)?;
        }
        self.slots.get(place)?.as_ref().map(|(_, written)| written)
    }

    #[cold]
    fn learn(
        &mut self,
        place: usize,
        name: &'static str,
        put_together: impl FnOnce(&'static str) -> Option<W>,
    ) -> Option<()> {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let slot = self.slots.get_mut(place).filter(|slot| slot.is_none())?;
        *slot = Some((name, put_together(name)?));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_put_together_once_and_told_from_its_beginning() {
        let mut names = Names::new();
        let name = "temperature";
        let beginning = name.get(..4).unwrap_or_default();
        assert_eq!(names.find(name, |name| Some(name.len())), Some(&11));
        assert_eq!(names.find(name, |_| Some(0)), Some(&11));
        assert_eq!(names.find(beginning, |_| Some(0)), None);
        assert_eq!(Names::new().find(name, |_| None::<u8>), None);
    }
}
