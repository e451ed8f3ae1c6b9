//! The shapes that JSON does not distinguish, in one place for both serializers: that of texts and that of digests.

use super::CodecError;

/// The last `Some` that was begun, which refuses a `null`.
#[derive(Clone, Copy)]
pub(super) struct OpenSome {
    /// Where its value begins, and nothing else does.
    pub(super) start: usize,
    /// The name of the type of its value.
    pub(super) of: fn() -> &'static str,
}

impl OpenSome {
    /// No `Some`: nothing is written there.
    pub(super) const NONE: Self = Self { start: usize::MAX, of: std::any::type_name::<()> };

    #[cold]
    pub(super) fn lost(self) -> CodecError {
        let lost =
            format!("a `Some` around nothing, of type `Option<{}>`, reads back as `None`", (self.of)());
        CodecError::new(format_args!("{lost}: use an enum"))
    }
}

/// The methods of a `Serializer` that hand a value on: what is around it is not in JSON.
macro_rules! passes_on {
    () => {
        fn serialize_bytes(self, v: &[u8]) -> Result<(), CodecError> {
            v.serialize(self)
        }
        fn serialize_none(self) -> Result<(), CodecError> {
            self.serialize_unit()
        }
        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
            // What is written as `null` reads back as `None`: `Some(None)`, `Some(())`.
            self.some = OpenSome { start: self.position(), of: std::any::type_name::<T> };
            value.serialize(self)
        }
        fn serialize_unit(self) -> Result<(), CodecError> {
            if self.some.start == self.position() {
                return Err(self.some.lost());
            }
            self.null();
            Ok(())
        }
        fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
            self.serialize_unit()
        }
        fn serialize_unit_variant(
            self,
            _: &'static str,
            _: u32,
            variant: &'static str,
        ) -> Result<(), CodecError> {
            self.serialize_str(variant)
        }
        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<(), CodecError> {
            value.serialize(self)
        }
    };
}

/// Everything that JSON writes as an array, by `element` and the method that ends it.
macro_rules! is_sequence {
    ($on:ident $end:ident) => {
        is_sequence!($on $end
            SerializeSeq::serialize_element SerializeTuple::serialize_element
            SerializeTupleStruct::serialize_field SerializeTupleVariant::serialize_field);
    };
    ($on:ident $end:ident $($kind:ident::$method:ident)+) => { $(
        impl ser::$kind for $on<'_> {
            type Ok = ();
            type Error = CodecError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.element(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.$end();
                Ok(())
            }
        }
    )+ };
}

/// Everything that JSON writes as an object, by `name`, `key`, `value` and the method that ends it.
macro_rules! is_map {
    ($on:ident $end:ident) => {
        is_map!($on $end SerializeStruct SerializeStructVariant);

        impl ser::SerializeMap for $on<'_> {
            type Ok = ();
            type Error = CodecError;
            fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
                self.key(key)
            }
            fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.value(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.$end()
            }
        }
    };
    ($on:ident $end:ident $($kind:ident)+) => { $(
        impl ser::$kind for $on<'_> {
            type Ok = ();
            type Error = CodecError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), CodecError> {
                self.name(key)?;
                self.value(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.$end()
            }
        }
    )+ };
}

pub(super) use {is_map, is_sequence, passes_on};
