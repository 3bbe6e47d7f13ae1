/*
 * writc keygen, compile --sign, sign, verify --key: from files to files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "support/shell.h"
#include "support/signed.h"

static void setup(void)
{
	static const char policy[] = "policy good version 7;\ntool a { class read; }\n"
				     "role r { allow a; }\n";

	signed_begin();
	signed_put("good.writ", policy, strlen(policy));
	cr_assert_eq(shell("$W keygen $D/k"), 0, "%s", shell_output);
}

TestSuite(keygen, .init = setup, .fini = signed_end);

static void expect_status(int expected, const char *command, const char *words)
{
	int status = shell("%s", command);

	cr_expect_eq(status, expected, "%s: exit %d, not %d:\n%s", command, status, expected,
		     shell_output);
	shell_expect_output(words);
}

Test(keygen, a_key_is_its_owners_and_is_not_written_over)
{
	struct stat st;

	cr_assert_eq(stat(signed_path("k.key"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(shell("cp $D/k.key $D/before && cp $D/k.pub $D/before.pub"), 0);
	expect_status(3, "$W keygen $D/k", "k.key: error: can't write the key: it exists");
	cr_assert_eq(shell("rm $D/k.key"), 0);
	expect_status(3, "$W keygen $D/k", "k.pub: error: can't write the key: it exists");
	expect_status(1, "test -e $D/k.key", "");
	expect_status(0, "cmp $D/k.pub $D/before.pub", "");
	expect_status(3, "$W keygen $D/no/k", "No such file");
	expect_status(2, "$W keygen", "what is the key called?");
	expect_status(2, "$W keygen a b", "one name");
}

Test(keygen, no_two_keys_are_alike)
{
	cr_assert_eq(shell("$W keygen $D/other"), 0);
	expect_status(1, "cmp -s $D/k.pub $D/other.pub", "");
	expect_status(0, "test $(wc -l <$D/k.pub) = 1", "");
}

Test(keygen, compile_sign_and_sign_are_the_same)
{
	expect_status(0, "$W compile $D/good.writ -o $D/s.wrt --sign $D/k.key", "");
	cr_expect_str_eq(shell_output, "", "nothing to note");
	expect_status(0, "$W compile $D/good.writ -o $D/u.wrt", "");
	expect_status(0, "$W sign $D/u.wrt --key $D/k.key -o $D/t.wrt", "");
	expect_status(0, "cmp $D/s.wrt $D/t.wrt", "");
	expect_status(0, "$W sign $D/t.wrt --key $D/k.key -o $D/t.wrt", "");
	expect_status(0, "cmp $D/s.wrt $D/t.wrt", "");
	expect_status(0, "$W diff $D/s.wrt $D/u.wrt", "");
	expect_status(0, "$W show $D/s.wrt --section policy", "signed, it says, with key ");
	expect_status(0, "$W show $D/s.wrt --section policy --format json", "\"signed_with\": \"");
	expect_status(0, "$W show $D/u.wrt --section policy --format json",
		      "\"signed_with\": null");
	expect_status(0, "$R decide -p $D/s.wrt --role r --tool a", "allow");
}

Test(keygen, verify_checks_the_signature_first)
{
	cr_assert_eq(shell("$W compile $D/good.writ -o $D/s.wrt --sign $D/k.key"), 0);
	cr_assert_eq(shell("$W compile $D/good.writ -o $D/u.wrt && $W keygen $D/other"), 0);
	expect_status(0, "$W verify $D/s.wrt --key $D/k.pub", "signature: of key ");
	expect_status(0, "$W verify $D/s.wrt $D/good.writ --key $D/k.pub", "means what");
	expect_status(0, "$W verify $D/s.wrt --key $D/k.pub --format json", "\"signed_with\": \"");
	expect_status(0, "cat $D/other.pub $D/k.pub >$D/both && $W verify $D/s.wrt --key $D/both",
		      "signature: of key ");
	expect_status(3, "$W verify $D/u.wrt --key $D/k.pub", "the bundle is not signed");
	expect_status(3, "$W verify $D/s.wrt --key $D/other.pub", "the one that is trusted is");
	expect_status(3, "$W verify $D/s.wrt --key $D/none.pub", "No such file");
	expect_status(3, "$W verify $D/s.wrt --key $D/k.key", "it is a secret key");
	/* A byte of a section that is not even a bundle's any more. */
	expect_status(0, "printf x | dd of=$D/s.wrt bs=1 seek=70 conv=notrunc status=none", "");
	expect_status(3, "$W verify $D/s.wrt --key $D/k.pub", "the signature does not hold");
}

Test(keygen, what_signs_must_be_secret)
{
	expect_status(3, "$W compile $D/good.writ -o $D/s.wrt --sign $D/k.pub",
		      "it is a public key");
	expect_status(0, "chmod 640 $D/k.key", "");
	expect_status(3, "$W compile $D/good.writ -o $D/s.wrt --sign $D/k.key",
		      "others than its owner may open");
	expect_status(0, "chmod 604 $D/k.key", "");
	expect_status(3, "$W compile $D/good.writ -o $D/s.wrt --sign $D/k.key",
		      "others than its owner may open");
	expect_status(0, "cat $D/k.key | $W compile $D/good.writ -o $D/p.wrt --sign /dev/stdin",
		      "");
	expect_status(1, "test -e $D/s.wrt", "");
}

Test(keygen, keys_that_are_none_are_told_why)
{
	static const struct {
		const char *edit;
		const char *words;
	} cases[] = {
		{": >$D/x", "there is no key in it"},
		{"echo hello >$D/x", "it is no secret key"},
		{"head -c 50000 /dev/zero >$D/x", "it is no secret key"},
		{"cat $D/k.key $D/k.key >$D/x", "more than one key"},
		{"head -c -8 $D/k.key >$D/x", "no base64, or was cut off"},
		{"sed 's/ [^ ]*$/ AAAA/' $D/k.key >$D/x", "wrong length"},
		{"sed 's/^writ-secret-key ..../writ-secret-key 0000/' $D/k.key >$D/x",
		 "its id is not that of its key"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(shell("%s && chmod 600 $D/x", cases[i].edit), 0, "%s", shell_output);
		expect_status(3, "$W compile $D/good.writ -o $D/s.wrt --sign $D/x", cases[i].words);
	}
}

Test(keygen, what_is_signed_must_be_good)
{
	expect_status(3, "$W sign $D/good.writ --key $D/k.key -o $D/s.wrt", "it is no bundle");
	expect_status(3, "$W sign $D/none.wrt --key $D/k.key -o $D/s.wrt", "it is no bundle");
	expect_status(2, "$W sign $D/good.writ -o $D/s.wrt", "with which key?");
	expect_status(2, "$W sign $D/good.writ --key $D/k.key", "where to?");
	cr_assert_eq(shell("$W compile $D/good.writ -o $D/u.wrt"), 0);
	expect_status(0, "printf x | dd of=$D/u.wrt bs=1 seek=70 conv=notrunc status=none", "");
	expect_status(3, "$W sign $D/u.wrt --key $D/k.key -o $D/s.wrt", "do not match its digest");
	expect_status(1, "test -e $D/s.wrt", "");
}

Test(keygen, a_policy_without_a_version_is_noted)
{
	static const char policy[] = "policy p;\ntool a { class read; }\nrole r { allow a; }\n";

	signed_put("p.writ", policy, strlen(policy));
	expect_status(0, "$W compile $D/p.writ -o $D/s.wrt --sign $D/k.key",
		      "note: the policy states no version");
}
