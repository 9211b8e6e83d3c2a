// poppack.h: ends the last pshpack.
#pragma pack(pop)
