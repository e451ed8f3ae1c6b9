/// Defines the type of a resource that is an [`McpServer`](crate::McpServer): resources are found by their types, so each server of
/// a program has one of its own.
///
/// The type is made of a server by `into()`, gives access to its methods, and is a `ToolServer`.
///
/// ```
/// use flujo::model::ToolServer;
/// use flujo_mcp::McpServer;
///
/// flujo_mcp::server!(pub struct Docs);
///
/// # fn main() -> Result<(), flujo::Error> {
/// let docs: Docs = McpServer::http("docs", "http://localhost:8080/mcp").build()?.into();
/// assert_eq!(docs.name(), "docs");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! server {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident $(;)?) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        $visibility struct $name($crate::McpServer);

        impl ::core::convert::From<$crate::McpServer> for $name {
            fn from(server: $crate::McpServer) -> Self {
                Self(server)
            }
        }

        impl ::core::ops::Deref for $name {
            type Target = $crate::McpServer;

            fn deref(&self) -> &$crate::McpServer {
                &self.0
            }
        }

        #[$crate::__private::async_trait]
        impl $crate::__private::ToolServer for $name {
            fn name(&self) -> &str {
                $crate::__private::ToolServer::name(&self.0)
            }

            async fn tools(
                &self,
            ) -> ::core::result::Result<::std::vec::Vec<$crate::__private::ToolSpec>, $crate::__private::StepError> {
                $crate::__private::ToolServer::tools(&self.0).await
            }

            async fn call(
                &self,
                tool: &str,
                arguments: &$crate::__private::Json,
            ) -> ::core::result::Result<::std::string::String, $crate::__private::StepError> {
                $crate::__private::ToolServer::call(&self.0, tool, arguments).await
            }
        }
    };
}
