//! What the library of OpenID Connect calls through: the console's way to the internet.

use std::{future::Future, pin::Pin};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use outside::{Outside, OutsideError};

/// Calls for the library.
#[derive(Clone, Debug)]
pub(crate) struct OpenIdClient(pub(crate) Outside);

impl<'c> AsyncHttpClient<'c> for OpenIdClient {
    type Error = OutsideError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutsideError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.fetch(request))
    }
}
