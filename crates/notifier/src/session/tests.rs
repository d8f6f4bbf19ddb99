use super::*;

/// What an idle connection holds of this type; its heap is TLS' own (`docs/operate/memory.md`).
#[test]
fn an_idle_session_is_small_beside_tls() {
    let own = size_of::<TlsSession>() - size_of::<UnbufferedServerConnection>();
    assert!(own <= 128, "{own} bytes");
    assert!(size_of::<TlsSession>() <= 1_280, "{} bytes", size_of::<TlsSession>());
}
