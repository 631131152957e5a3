// The door to OpenSSL 3: hashing, key derivation, signatures, key agreement, sealing, TLS. What its headers have as
// macros only, which Swift does not see, stands here as functions.
#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline int moot_tls13_only(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1;
}

// What both sides sign with, how they agree on keys, and what they encrypt with. ChaCha20-Poly1305 has no limit of
// records that a link lasting for months could reach; AES-GCM has one of some 24 million (RFC 8446, section 5.5).
static inline int moot_tls_algorithms(SSL_CTX *context) {
  return SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 && SSL_CTX_set1_groups_list(context, "X25519") == 1 &&
         SSL_CTX_set_ciphersuites(context, "TLS_CHACHA20_POLY1305_SHA256") == 1;
}

static inline void moot_tls_no_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, 4096);
}
