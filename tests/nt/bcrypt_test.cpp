// BCrypt: known answers, the documented statuses of wrong use, and what a driver must not forget.
#include <bcrypt.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "fltsim/lambda_driver.hpp"
#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using Octets = std::vector<UCHAR>;

Octets octets(std::string_view text) { return Octets(text.begin(), text.end()); }

std::string hex(const Octets& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const UCHAR byte : bytes) (text += kDigits[byte >> 4]) += kDigits[byte & 15];
  return text;
}

class BCryptTest : public KernelTest {
 protected:
  static BCRYPT_ALG_HANDLE opened(const char16_t* name, ULONG flags = 0) {
    BCRYPT_ALG_HANDLE algorithm = nullptr;
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, name, nullptr, flags), STATUS_SUCCESS);
    return algorithm;
  }
  static BCRYPT_HASH_HANDLE hash_of(BCRYPT_ALG_HANDLE algorithm, Octets key = {}, ULONG flags = 0) {
    BCRYPT_HASH_HANDLE hash = nullptr;
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, nullptr, 0, key.empty() ? nullptr : key.data(),
                               static_cast<ULONG>(key.size()), flags),
              STATUS_SUCCESS);
    return hash;
  }
  static NTSTATUS add(BCRYPT_HASH_HANDLE hash, Octets bytes) {
    return BCryptHashData(hash, bytes.data(), static_cast<ULONG>(bytes.size()), 0);
  }
  static std::string finish(BCRYPT_HASH_HANDLE hash, ULONG size) {
    Octets out(size);
    EXPECT_EQ(BCryptFinishHash(hash, out.data(), size, 0), STATUS_SUCCESS);
    return hex(out);
  }
  // The text is handed over in two pieces.
  static std::string digest(const char16_t* name, ULONG size, const Octets& text, const Octets& key = {}) {
    BCRYPT_ALG_HANDLE algorithm = opened(name, key.empty() ? 0 : BCRYPT_ALG_HANDLE_HMAC_FLAG);
    BCRYPT_HASH_HANDLE hash = hash_of(algorithm, key);
    const auto middle = text.begin() + static_cast<ptrdiff_t>(text.size() / 2);
    EXPECT_EQ(add(hash, Octets(text.begin(), middle)), STATUS_SUCCESS);
    EXPECT_EQ(add(hash, Octets(middle, text.end())), STATUS_SUCCESS);
    const std::string result = finish(hash, size);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
    return result;
  }
  static Options seeded(std::uint64_t seed, SchedulerKind scheduler = SchedulerKind::kSeeded) {
    Options options;
    options.scheduler = scheduler;
    options.seed = seed;
    return options;
  }
  static Octets drawn(Machine& machine, size_t size) {
    Octets bytes(size);
    EXPECT_EQ(machine.system_process().run([&] {
      EXPECT_EQ(
          BCryptGenRandom(nullptr, bytes.data(), static_cast<ULONG>(size), BCRYPT_USE_SYSTEM_PREFERRED_RNG),
          STATUS_SUCCESS);
    }),
              Outcome::kDone);
    return bytes;
  }
};

// FIPS 180-4, the example of 24 bits; RFC 1321 for MD5.
TEST_F(BCryptTest, HashesHaveTheirPublishedValues) {
  kernel([] {
    const Octets abc = octets("abc");
    EXPECT_EQ(digest(u"MD5", 16, abc), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(digest(u"SHA1", 20, abc), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(digest(u"SHA256", 32, abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(
        digest(u"SHA384", 48, abc),
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(digest(u"SHA512", 64, abc),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  });
}

// RFC 4231, cases 1, 2, 4 and 6 (a key longer than a block).
TEST_F(BCryptTest, KeyedHashesHaveTheirPublishedValues) {
  kernel([] {
    EXPECT_EQ(digest(u"SHA256", 32, octets("Hi There"), Octets(20, 0x0b)),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(
        digest(u"SHA384", 48, octets("what do ya want for nothing?"), octets("Jefe")),
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
    Octets key(25);
    for (size_t index = 0; index < key.size(); ++index) key[index] = static_cast<UCHAR>(index + 1);
    EXPECT_EQ(digest(u"SHA256", 32, Octets(50, 0xcd), key),
              "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(digest(u"SHA512", 64, octets("Test Using Larger Than Block-Size Key - Hash Key First"),
                     Octets(131, 0xaa)),
              "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
              "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
  });
}

TEST_F(BCryptTest, OneCallHashesAsSeveralDo) {
  kernel([] {
    Octets key(20, 0x0b);
    Octets text = octets("Hi There");
    Octets out(32);
    EXPECT_EQ(BCryptHash(BCRYPT_HMAC_SHA256_ALG_HANDLE, key.data(), 20, text.data(), 8, out.data(), 32),
              STATUS_SUCCESS);
    EXPECT_EQ(hex(out), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(BCryptHash(BCRYPT_SHA256_ALG_HANDLE, nullptr, 0, nullptr, 0, out.data(), 31),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptHash(BCRYPT_RNG_ALG_HANDLE, nullptr, 0, nullptr, 0, out.data(), 32),
              STATUS_NOT_SUPPORTED);
  });
}

TEST_F(BCryptTest, ADuplicateGoesItsOwnWay) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA256");
    BCRYPT_HASH_HANDLE first = hash_of(algorithm);
    BCRYPT_HASH_HANDLE second = nullptr;
    EXPECT_EQ(add(first, octets("ab")), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDuplicateHash(first, &second, nullptr, 0, 0), STATUS_SUCCESS);
    EXPECT_EQ(add(first, octets("x")), STATUS_SUCCESS);
    EXPECT_EQ(add(second, octets("c")), STATUS_SUCCESS);
    EXPECT_NE(finish(first, 32), finish(second, 32));
    EXPECT_EQ(BCryptDuplicateHash(first, &second, nullptr, 0, 0), STATUS_INVALID_HANDLE) << "it has ended";
    BCryptDestroyHash(first);
    BCryptDestroyHash(second);
    BCryptCloseAlgorithmProvider(algorithm, 0);
  });
}

TEST_F(BCryptTest, AHashThatHasEndedIsUsedAgainOnlyIfItWasMadeForThat) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA256");
    BCRYPT_HASH_HANDLE once = hash_of(algorithm);
    BCRYPT_HASH_HANDLE again = hash_of(algorithm, {}, BCRYPT_HASH_REUSABLE_FLAG);
    add(once, octets("abc"));
    add(again, octets("abc"));
    const std::string value = finish(once, 32);
    EXPECT_EQ(finish(again, 32), value);
    EXPECT_EQ(add(once, octets("abc")), STATUS_INVALID_HANDLE);
    EXPECT_EQ(add(again, octets("abc")), STATUS_SUCCESS);
    EXPECT_EQ(finish(again, 32), value);
    EXPECT_EQ(BCryptDestroyHash(once), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyHash(again), STATUS_SUCCESS);
    BCryptCloseAlgorithmProvider(algorithm, 0);
  });
}

TEST_F(BCryptTest, OpeningSaysWhatIsWrong) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = nullptr;
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, u"AES", nullptr, 0), STATUS_NOT_FOUND);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, u"SHA256", u"Somebody Else", 0), STATUS_NOT_FOUND);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, nullptr, nullptr, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(nullptr, u"SHA256", nullptr, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, u"SHA256", nullptr, 0x1000), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, u"RNG", nullptr, BCRYPT_ALG_HANDLE_HMAC_FLAG),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(algorithm, nullptr);
  });
}

TEST_F(BCryptTest, AHandleOfAnotherKindOrOfNothingIsInvalid) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA256");
    BCRYPT_HASH_HANDLE hash = hash_of(algorithm);
    UCHAR byte = 0;
    EXPECT_EQ(BCryptHashData(algorithm, &byte, 1, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(hash, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptGenRandom(algorithm, &byte, 1, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptGenRandom(nullptr, &byte, 1, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, nullptr, 0, nullptr, 0, 0), STATUS_INVALID_HANDLE);
  });
}

TEST_F(BCryptTest, AHashSaysWhatIsWrongWithItsArguments) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA256");
    BCRYPT_ALG_HANDLE random = opened(u"RNG");
    BCRYPT_HASH_HANDLE hash = nullptr;
    UCHAR memory[512];
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, memory, 8, nullptr, 0, 0), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, nullptr, 8, nullptr, 0, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, nullptr, 0, memory, 8, 0), STATUS_INVALID_PARAMETER)
        << "a key, and no keyed hash";
    EXPECT_EQ(BCryptCreateHash(random, &hash, nullptr, 0, nullptr, 0, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, memory, sizeof memory, nullptr, 0, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptHashData(hash, nullptr, 1, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptHashData(hash, nullptr, 0, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptFinishHash(hash, memory, 20, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_SUCCESS);
    BCryptCloseAlgorithmProvider(algorithm, 0);
    BCryptCloseAlgorithmProvider(random, 0);
  });
}

TEST_F(BCryptTest, PropertiesTellTheSizes) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA384");
    const auto number = [&](const char16_t* name) {
      ULONG value = 0;
      ULONG size = 0;
      EXPECT_EQ(BCryptGetProperty(algorithm, name, reinterpret_cast<PUCHAR>(&value), sizeof value, &size, 0),
                STATUS_SUCCESS);
      EXPECT_EQ(size, sizeof value);
      return value;
    };
    EXPECT_EQ(number(u"HashDigestLength"), 48u);
    EXPECT_EQ(number(u"HashBlockLength"), 128u);
    EXPECT_GT(number(u"ObjectLength"), 48u);
    ULONG size = 0;
    UCHAR room[16];
    EXPECT_EQ(BCryptGetProperty(algorithm, u"AlgorithmName", nullptr, 0, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, 14u) << "SHA384 and a null";
    EXPECT_EQ(BCryptGetProperty(algorithm, u"AlgorithmName", room, 13, &size, 0), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptGetProperty(algorithm, u"ChainingMode", room, 16, &size, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptGetProperty(room, u"AlgorithmName", room, 16, &size, 0), STATUS_INVALID_HANDLE);
    BCryptCloseAlgorithmProvider(algorithm, 0);
  });
}

// The seed decides: what replays is no secret.
TEST_F(BCryptTest, RandomNumbersAreTheSeedsInASeededMachine) {
  Machine same(seeded(machine_.seed()));
  Machine other(seeded(machine_.seed() + 1));
  const Octets first = drawn(machine_, 40);
  EXPECT_EQ(drawn(same, 40), first);
  EXPECT_NE(drawn(other, 40), first);
  EXPECT_NE(drawn(machine_, 40), first);
}

TEST_F(BCryptTest, RandomNumbersDifferOnTheHostScheduler) {
  Machine one(seeded(1, SchedulerKind::kHost));
  Machine two(seeded(1, SchedulerKind::kHost));
  EXPECT_NE(drawn(one, 40), drawn(two, 40));
}

TEST_F(BCryptTest, RandomNumbersSayWhatIsWrong) {
  kernel([] {
    UCHAR byte = 0;
    BCRYPT_ALG_HANDLE random = opened(u"RNG");
    EXPECT_EQ(BCryptGenRandom(random, &byte, 1, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptGenRandom(random, &byte, 1, BCRYPT_RNG_USE_ENTROPY_IN_BUFFER), STATUS_SUCCESS);
    EXPECT_EQ(BCryptGenRandom(random, &byte, 1, BCRYPT_USE_SYSTEM_PREFERRED_RNG), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptGenRandom(random, nullptr, 1, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptGenRandom(random, &byte, 1, 0x10), STATUS_INVALID_PARAMETER);
    BCryptCloseAlgorithmProvider(random, 0);
  });
}

// VER-23.
TEST_F(BCryptTest, DispatchLevelNeedsAProviderThatWasOpenedForIt) {
  kernel([] {
    BCRYPT_ALG_HANDLE algorithm = opened(u"SHA256", BCRYPT_PROV_DISPATCH);
    KIRQL old = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    BCRYPT_HASH_HANDLE hash = hash_of(algorithm);
    add(hash, octets("abc"));
    finish(hash, 32);
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
    KeLowerIrql(old);
  });
  EXPECT_TRUE(machine_.verifier().clean());
  finds("VER-23", [] {
    UCHAR byte = 0;
    KIRQL old = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    BCryptGenRandom(nullptr, &byte, 1, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    KeLowerIrql(old);
  });
}

TEST_F(BCryptTest, EachRoutineFailsWhereATestAsksForIt) {
  kernel([&] {
    UCHAR bytes[32]{};
    BCRYPT_ALG_HANDLE algorithm = nullptr;
    machine_.fail_next("BCryptOpenAlgorithmProvider");
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, u"SHA256", nullptr, 0), STATUS_NO_MEMORY);
    algorithm = opened(u"SHA256");
    BCRYPT_HASH_HANDLE hash = nullptr;
    machine_.fail_next("BCryptCreateHash");
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, nullptr, 0, nullptr, 0, 0), STATUS_NO_MEMORY);
    hash = hash_of(algorithm);
    machine_.fail_next("BCryptHashData");
    EXPECT_EQ(BCryptHashData(hash, bytes, 1, 0), STATUS_UNSUCCESSFUL);
    machine_.fail_next("BCryptFinishHash");
    EXPECT_EQ(BCryptFinishHash(hash, bytes, 32, 0), STATUS_UNSUCCESSFUL);
    machine_.fail_next("BCryptGenRandom");
    EXPECT_EQ(BCryptGenRandom(nullptr, bytes, 1, BCRYPT_USE_SYSTEM_PREFERRED_RNG), STATUS_UNSUCCESSFUL);
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
  });
}

// VER-40.
TEST_F(BCryptTest, HandlesThatADriverLeavesAreReported) {
  machine_.verifier().expect("VER-40");
  BCRYPT_ALG_HANDLE algorithm = nullptr;
  BCRYPT_HASH_HANDLE hash = nullptr;
  LambdaDriver careless;
  careless.registered = [&](PFLT_FILTER) -> NTSTATUS {
    algorithm = opened(u"SHA256");
    hash = hash_of(algorithm);
    return STATUS_UNSUCCESSFUL;
  };
  static_cast<void>(machine_.load_driver(std::move(careless)));
  EXPECT_EQ(machine_.verifier().count("VER-40"), 2u);
}

// SIM-1.
TEST_F(BCryptTest, WhatIsNotSimulatedStopsTheMachine) {
  fatal("SIM-1", [] { BCryptDestroyKey(nullptr); });
}

}  // namespace
}  // namespace fltsim::nt
