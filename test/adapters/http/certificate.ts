/**
 * A certificate for `hooks.test`, valid until 2120 for those who are told to trust it. It guards nothing: its key is
 * for everybody to read.
 */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCDQEIr9+u44zuuEB
0QIkh4wqrrgvHQHuEeacBIoT4cGhRANCAATKzhQDTBKnOg7+VGuV2Semw+VlveC5
x4G9/ISCDtwYKTNsZ+atxn2G1u+TUol+HhmVNuxQPyFrLK/5l5gl94Xx
-----END PRIVATE KEY-----`;

export const cert = `-----BEGIN CERTIFICATE-----
MIIBZTCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDApob29rcy50
ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAVMRMwEQYDVQQD
DApob29rcy50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEys4UA0wSpzoO
/lRrldknpsPlZb3guceBvfyEgg7cGCkzbGfmrcZ9htbvk1KJfh4ZlTbsUD8hayyv
+ZeYJfeF8aNJMEcwFQYDVR0RBA4wDIIKaG9va3MudGVzdDAPBgNVHRMBAf8EBTAD
AQH/MB0GA1UdDgQWBBRKIj7EDHltQnZrNiGa8nKttVuxtTAKBggqhkjOPQQDAgNJ
ADBGAiEAlNej0FWA0+Hd2qnVbI0KPy0IIThFberH8ZtG1QWdckACIQCx++92UyZK
xuY4Yjf6GNVTUZ1m8DXodq3w+CYoyk/SIQ==
-----END CERTIFICATE-----`;
