//! As much of a browser as a sign-in needs: it follows redirects and keeps cookies for each origin.

use std::{collections::BTreeMap, fs, path::Path};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};

/// The most redirects of one visit: a sign-in has five.
const MOST_REDIRECTS: usize = 12;

/// A browser of one person.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where a visit ended.
#[derive(Debug)]
pub struct Arrived {
    /// The address.
    pub url: Url,
    /// The status of the answer.
    pub status: StatusCode,
    /// What was answered.
    pub body: String,
}

impl Browser {
    /// Makes a browser that trusts the certificate in `ca_file`.
    ///
    /// # Panics
    ///
    /// Where the file cannot be used.
    pub fn new(ca_file: &Path) -> Self {
        let pem = fs::read(ca_file).expect("a certificate");
        let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .add_root_certificate(certificate)
            .no_proxy()
            .build();
        Self { client: client.expect("a client"), cookies: BTreeMap::new() }
    }

    /// Goes to an address and wherever it leads.
    ///
    /// # Panics
    ///
    /// Where nobody answers, or the way does not end.
    pub async fn visit(&mut self, url: &str) -> Arrived {
        let mut url = Url::parse(url).expect("an address");
        for _ in 0..MOST_REDIRECTS {
            let (status, next, body) = self.step(&url).await;
            match next {
                Some(next) => url = next,
                None => return Arrived { url, status, body },
            }
        }
        panic!("the way does not end; it is at {url}");
    }

    /// Goes to an address, and on until the next step would be to a path that begins with `path`; returns that address
    /// without going there.
    ///
    /// # Panics
    ///
    /// Where the way does not lead there.
    pub async fn visit_until(&mut self, url: &str, path: &str) -> Url {
        let mut url = Url::parse(url).expect("an address");
        for _ in 0..MOST_REDIRECTS {
            let (status, next, body) = self.step(&url).await;
            url = next.unwrap_or_else(|| panic!("the way ended at {url}: {status} {body}"));
            if url.path().starts_with(path) {
                return url;
            }
        }
        panic!("the way does not lead to {path}; it is at {url}");
    }

    /// Sends a request of the page at `origin`, with its cookies.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let url = Url::parse(url).expect("an address");
        let request = self.client.request(method, url.clone());
        match self.cookies(&url) {
            cookies if cookies.is_empty() => request,
            cookies => request.header(header::COOKIE, cookies),
        }
    }

    /// Returns the cookies for an address, as they are sent.
    pub fn cookies(&self, url: &Url) -> String {
        let own = self.cookies.get(&origin(url));
        let pairs = own.into_iter().flatten().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    async fn step(&mut self, url: &Url) -> (StatusCode, Option<Url>, String) {
        let answer = self.request(Method::GET, url.as_str()).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("nobody answers at {url}: {error:?}"));
        self.keep(url, &answer);
        let status = answer.status();
        let next = answer.headers().get(header::LOCATION).filter(|_| status.is_redirection());
        let next = next.map(|next| url.join(next.to_str().expect("text")).expect("an address"));
        (status, next, answer.text().await.unwrap_or_default())
    }

    fn keep(&mut self, url: &Url, answer: &Response) {
        let own = self.cookies.entry(origin(url)).or_default();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a pair");
            let ended = attributes.to_ascii_lowercase().contains("max-age=0") || value.is_empty();
            match ended {
                true => own.remove(name),
                false => own.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
