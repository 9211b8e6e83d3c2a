// FltGetIrpName (IRQL-5).
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

class IrpNameTest : public FilterTest {};

TEST_F(IrpNameTest, MajorCodesHaveTheirNames) {  // IRQL-5
  kernel([&] {
    EXPECT_STREQ(FltGetIrpName(IRP_MJ_CREATE), "IRP_MJ_CREATE");
    EXPECT_STREQ(FltGetIrpName(IRP_MJ_PNP), "IRP_MJ_PNP");
    EXPECT_STREQ(FltGetIrpName(IRP_MJ_NETWORK_QUERY_OPEN), "IRP_MJ_NETWORK_QUERY_OPEN");
    EXPECT_STREQ(FltGetIrpName(0x7F), "IRP_MJ_UNKNOWN");
  });
}

}  // namespace
}  // namespace fltsim::fltmgr
