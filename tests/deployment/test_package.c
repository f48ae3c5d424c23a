/* Passports: written, opened, changed byte by byte. */
#include "test.h"

#include "deployment/package/package.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *keys, *content, *path;
static gm_package package;

static void put(const char *name, const char *text) {
    gm_error err = {0};
    gm_auto_free char *at = gm_path_join(content, name);
    assert_ok(gm_write_file_fast(at, text, strlen(text), &err), err);
}

static json_t *entry(const char *name, const char *text) {
    char sha256[GM_SHA256_HEX];
    gm_sha256(text, strlen(text), sha256);
    return json_pack("{s:s*, s:s, s:I}", "path", name, "sha256", sha256, "size_bytes", (json_int_t)strlen(text));
}

static char *manifest_with(json_t *files) {
    json_t *root = json_pack("{s:s, s:i, s:s, s:o, s:o}", "format", "gimlet-passport", "version", 1, "model", "exit",
                             "page", entry(NULL, "<p>page</p>"), "files", files);
    char *text = json_dumps(root, JSON_SORT_KEYS | JSON_INDENT(1));
    json_decref(root);
    return text;
}

static void sign(gm_package *p) {
    gm_error err = {0};
    assert_ok(gm_package_sign(keys, p->manifest, p->signature, p->public_key, &err), err);
}

static int begin(void **state) {
    (void)state;
    gm_error err = {0};
    folder = test_folder_new();
    keys = gm_path_join(folder, "keys");
    content = gm_path_join(folder, "content");
    path = gm_path_join(folder, "exit.passport");
    gm_auto_free char *inner = gm_path_join(content, "fold_01");
    assert_ok(gm_make_dirs(inner, &err), err);
    put("config.yaml", "strategy: x\n");
    put("fold_01/model.safetensors", "weights and weights");
    package =
        (gm_package){.manifest = manifest_with(json_pack("[o, o]", entry("config.yaml", "strategy: x\n"),
                                                         entry("fold_01/model.safetensors", "weights and weights"))),
                     .page = gm_strdup("<p>page</p>")};
    sign(&package);
    assert_ok(gm_package_write(&package, content, path, &err), err);
    return 0;
}

static int end(void **state) {
    (void)state;
    gm_package_finish(&package);
    gm_free(keys), gm_free(content), gm_free(path);
    test_folder_remove(folder);
    return 0;
}

/* Opens and extracts into a new folder, which is removed again. */
static gm_status take(const char *file, gm_error *err) {
    gm_auto_package opened = {0};
    char fingerprint[GM_SHA256_HEX], dir[] = "/tmp/gimlet-test-XXXXXX";
    GM_TRY(gm_package_open(file, &opened, fingerprint, err));
    assert_non_null(mkdtemp(dir));
    gm_status status = gm_package_extract(file, &opened, dir, err);
    assert_int_equal(gm_remove_tree(dir, NULL), GM_OK);
    return status;
}

static void what_is_written_comes_back(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto_package opened = {0};
    char fingerprint[GM_SHA256_HEX], own[GM_PACKAGE_KEY_HEX], own_print[GM_SHA256_HEX];
    struct stat info;
    gm_auto_free char *key = gm_path_join(keys, "signing.pem");
    assert_int_equal(stat(key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_ok(gm_package_open(path, &opened, fingerprint, &err), err);
    assert_string_equal(opened.manifest, package.manifest);
    assert_string_equal(opened.page, package.page);
    assert_ok(gm_package_own_key(keys, own, &err), err);
    assert_ok(gm_package_fingerprint(own, own_print, &err), err);
    assert_string_equal(fingerprint, own_print);
    assert_ok(take(path, &err), err);
}

static void the_same_content_gives_the_same_bytes(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto_free char *again = gm_path_join(folder, "again.passport");
    char a[GM_SHA256_HEX], b[GM_SHA256_HEX];
    assert_ok(gm_package_write(&package, content, again, &err), err);
    assert_ok(gm_sha256_file(path, a, &err), err);
    assert_ok(gm_sha256_file(again, b, &err), err);
    assert_string_equal(a, b);
}

/* Also in what tar puts around the files. */
static void any_changed_byte_is_refused(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto_free char *bytes = NULL, *bad = gm_path_join(folder, "bad.passport");
    size_t size, n = 0;
    assert_ok(gm_read_file(path, 1 << 20, &bytes, &size, &err), err);
    for (size_t i = 0; i < size; i += 17, n++) {
        bytes[i] ^= (char)(1 << (i % 8));
        assert_ok(gm_write_file_fast(bad, bytes, size, &err), err);
        if (take(bad, NULL) == GM_OK) fail_msg("byte %zu was changed and nobody saw it", i);
        bytes[i] ^= (char)(1 << (i % 8));
    }
    print_message("# %zu changed bytes were refused\n", n);
    for (size_t cut = 1; cut < size; cut += size / 16) {
        assert_ok(gm_write_file_fast(bad, bytes, size - cut, &err), err);
        assert_int_not_equal(take(bad, NULL), GM_OK);
    }
}

static void a_changed_file_is_named(void **state) {
    (void)state;
    gm_error err = {0};
    gm_auto_free char *bytes = NULL, *bad = gm_path_join(folder, "bad.passport");
    size_t size;
    assert_ok(gm_read_file(path, 1 << 20, &bytes, &size, &err), err);
    char *at = memmem(bytes, size, "weights and", 11);
    assert_non_null(at);
    at[3] ^= 1;
    assert_ok(gm_write_file_fast(bad, bytes, size, &err), err);
    assert_int_equal(take(bad, &err), GM_E_FORMAT);
    assert_string_equal(err.message, "files/fold_01/model.safetensors was changed");
}

/* Well signed, and still nothing that may be unpacked. */
static void names_that_lead_elsewhere_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"../evil", "/etc/passwd", "a/../b", ".hidden", "a//b", "a/",
                                        "",        "a\\b",        "a\nb"};
    for (size_t i = 0; i < GM_COUNT(names); i++) {
        gm_error err = {0};
        json_t *root;
        gm_auto_free char *manifest = manifest_with(json_pack("[o]", entry(names[i], "x")));
        assert_int_equal(gm_package_manifest(manifest, &root, &err), GM_E_FORMAT);
        gm_free(gm_steal(&manifest));
        manifest = manifest_with(json_pack("[o, o]", entry("b", "x"), entry("a", "x")));
        assert_int_equal(gm_package_manifest(manifest, &root, &err), GM_E_FORMAT);
    }
}

static void another_signature_does_not_count(void **state) {
    (void)state;
    gm_error err = {0};
    char fingerprint[GM_SHA256_HEX], signature[GM_PACKAGE_SIGNATURE_HEX], other[GM_PACKAGE_KEY_HEX];
    gm_auto_free char *strange = gm_path_join(folder, "strange");
    assert_ok(gm_package_sign(strange, package.manifest, signature, other, &err), err);
    assert_ok(gm_package_verify(package.manifest, signature, other, fingerprint, &err), err);
    assert_int_equal(gm_package_verify(package.manifest, signature, package.public_key, fingerprint, &err),
                     GM_E_FORMAT);
    assert_int_equal(gm_package_verify("{}", signature, other, fingerprint, NULL), GM_E_FORMAT);
    assert_int_equal(gm_package_verify("{}", "00", other, fingerprint, NULL), GM_E_FORMAT);
    assert_int_equal(gm_package_verify("{}", signature, "zz", fingerprint, NULL), GM_E_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(the_same_content_gives_the_same_bytes),
        cmocka_unit_test(any_changed_byte_is_refused),
        cmocka_unit_test(a_changed_file_is_named),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(another_signature_does_not_count),
    };
    return cmocka_run_group_tests_name("deployment/package", tests, begin, end);
}
