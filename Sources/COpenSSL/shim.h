// The door to OpenSSL 3: hashing, key derivation, signatures, key agreement, sealing, TLS. What its headers have as
// macros only, which Swift does not see, stands here as functions.
#pragma once
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

// For requests to servers in the web, which are not all of today.
static inline int moot_tls_for_web(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int moot_tls_name(SSL *connection, const char *name) {
  return (int)SSL_set_tlsext_host_name(connection, name);
}

// Keys of the curve P-256, which web push wants (RFC 8291, RFC 8292). OpenSSL's newer functions for them take lists of
// named parameters; these are as good.
static inline EVP_PKEY *moot_p256_adopt(EC_KEY *key) {
  EVP_PKEY *adopted = EVP_PKEY_new();
  if (adopted == NULL || EVP_PKEY_assign_EC_KEY(adopted, key) != 1) {
    EVP_PKEY_free(adopted);
    EC_KEY_free(key);
    return NULL;
  }
  return adopted;
}

// NULL for what is no secret of the curve.
static inline EVP_PKEY *moot_p256_secret(const unsigned char *bytes) {
  EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
  BIGNUM *number = BN_bin2bn(bytes, 32, NULL);
  EC_POINT *point = key == NULL ? NULL : EC_POINT_new(EC_KEY_get0_group(key));
  int done = number != NULL && point != NULL && !BN_is_zero(number) &&
             BN_cmp(number, EC_GROUP_get0_order(EC_KEY_get0_group(key))) < 0 &&
             EC_KEY_set_private_key(key, number) == 1 &&
             EC_POINT_mul(EC_KEY_get0_group(key), point, number, NULL, NULL, NULL) == 1 &&
             EC_KEY_set_public_key(key, point) == 1;
  BN_clear_free(number);
  EC_POINT_free(point);
  if (!done) {
    EC_KEY_free(key);
    return NULL;
  }
  return moot_p256_adopt(key);
}

// NULL for what is no point of the curve.
static inline EVP_PKEY *moot_p256_public(const unsigned char *bytes) {
  EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
  if (key == NULL || EC_KEY_oct2key(key, bytes, 65, NULL) != 1 || EC_KEY_check_key(key) != 1) {
    EC_KEY_free(key);
    return NULL;
  }
  return moot_p256_adopt(key);
}

// The public key as a point, 65 bytes.
static inline int moot_p256_point(EVP_PKEY *key, unsigned char *bytes) {
  const EC_KEY *inner = EVP_PKEY_get0_EC_KEY(key);
  return inner != NULL && EC_POINT_point2oct(EC_KEY_get0_group(inner), EC_KEY_get0_public_key(inner),
                                             POINT_CONVERSION_UNCOMPRESSED, bytes, 65, NULL) == 65;
}

// A signature in the form of RFC 7518, section 3.4: two numbers of 32 bytes.
static inline int moot_p256_signature(const unsigned char *der, long count, unsigned char *bytes) {
  ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, count);
  if (signature == NULL) return 0;
  int done = BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, 32) == 32 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + 32, 32) == 32;
  ECDSA_SIG_free(signature);
  return done;
}
