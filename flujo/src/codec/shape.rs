//! The shapes that JSON does not distinguish, in one place for both serializers: that of texts and that of digests.

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
            value.serialize(self)
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
                self.$end();
                Ok(())
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
                self.$end();
                Ok(())
            }
        }
    )+ };
}

pub(super) use {is_map, is_sequence, passes_on};
