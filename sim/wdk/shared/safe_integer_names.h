// ntintsafe.h's names for types that are one type on 64-bit Windows: INT is LONG, SIZE_T is ULONGLONG.
#pragma once

#define RtlUCharAdd RtlUInt8Add
#define RtlUCharSub RtlUInt8Sub
#define RtlUCharMult RtlUInt8Mult
#define RtlByteAdd RtlUInt8Add
#define RtlByteSub RtlUInt8Sub
#define RtlByteMult RtlUInt8Mult
#define RtlInt16Add RtlShortAdd
#define RtlInt16Sub RtlShortSub
#define RtlInt16Mult RtlShortMult
#define RtlUInt16Add RtlUShortAdd
#define RtlUInt16Sub RtlUShortSub
#define RtlUInt16Mult RtlUShortMult
#define RtlWordAdd RtlUShortAdd
#define RtlWordSub RtlUShortSub
#define RtlWordMult RtlUShortMult
#define RtlIntAdd RtlLongAdd
#define RtlIntSub RtlLongSub
#define RtlIntMult RtlLongMult
#define RtlInt32Add RtlLongAdd
#define RtlInt32Sub RtlLongSub
#define RtlInt32Mult RtlLongMult
#define RtlUIntAdd RtlULongAdd
#define RtlUIntSub RtlULongSub
#define RtlUIntMult RtlULongMult
#define RtlUInt32Add RtlULongAdd
#define RtlUInt32Sub RtlULongSub
#define RtlUInt32Mult RtlULongMult
#define RtlDWordAdd RtlULongAdd
#define RtlDWordSub RtlULongSub
#define RtlDWordMult RtlULongMult
#define RtlIntPtrAdd RtlLongLongAdd
#define RtlIntPtrSub RtlLongLongSub
#define RtlIntPtrMult RtlLongLongMult
#define RtlLongPtrAdd RtlLongLongAdd
#define RtlLongPtrSub RtlLongLongSub
#define RtlLongPtrMult RtlLongLongMult
#define RtlInt64Add RtlLongLongAdd
#define RtlInt64Sub RtlLongLongSub
#define RtlInt64Mult RtlLongLongMult
#define RtlPtrdiffTAdd RtlLongLongAdd
#define RtlPtrdiffTSub RtlLongLongSub
#define RtlPtrdiffTMult RtlLongLongMult
#define RtlSSIZETAdd RtlLongLongAdd
#define RtlSSIZETSub RtlLongLongSub
#define RtlSSIZETMult RtlLongLongMult
#define RtlUIntPtrAdd RtlULongLongAdd
#define RtlUIntPtrSub RtlULongLongSub
#define RtlUIntPtrMult RtlULongLongMult
#define RtlULongPtrAdd RtlULongLongAdd
#define RtlULongPtrSub RtlULongLongSub
#define RtlULongPtrMult RtlULongLongMult
#define RtlDWordPtrAdd RtlULongLongAdd
#define RtlDWordPtrSub RtlULongLongSub
#define RtlDWordPtrMult RtlULongLongMult
#define RtlUInt64Add RtlULongLongAdd
#define RtlUInt64Sub RtlULongLongSub
#define RtlUInt64Mult RtlULongLongMult
#define RtlSizeTAdd RtlULongLongAdd
#define RtlSizeTSub RtlULongLongSub
#define RtlSizeTMult RtlULongLongMult
#define RtlULong64Add RtlULongLongAdd
#define RtlULong64Sub RtlULongLongSub
#define RtlULong64Mult RtlULongLongMult
#define RtlDWordLongAdd RtlULongLongAdd
#define RtlDWordLongSub RtlULongLongSub
#define RtlDWordLongMult RtlULongLongMult

// A conversion between two names of one type always fits.
#define RtlInt8ToUChar RtlInt8ToUInt8
#define RtlInt8ToByte RtlInt8ToUInt8
#define RtlInt8ToInt16 RtlInt8ToShort
#define RtlInt8ToUInt16 RtlInt8ToUShort
#define RtlInt8ToWord RtlInt8ToUShort
#define RtlInt8ToInt RtlInt8ToLong
#define RtlInt8ToInt32 RtlInt8ToLong
#define RtlInt8ToUInt RtlInt8ToULong
#define RtlInt8ToUInt32 RtlInt8ToULong
#define RtlInt8ToDWord RtlInt8ToULong
#define RtlInt8ToIntPtr RtlInt8ToLongLong
#define RtlInt8ToLongPtr RtlInt8ToLongLong
#define RtlInt8ToInt64 RtlInt8ToLongLong
#define RtlInt8ToPtrdiffT RtlInt8ToLongLong
#define RtlInt8ToSSIZET RtlInt8ToLongLong
#define RtlInt8ToUIntPtr RtlInt8ToULongLong
#define RtlInt8ToULongPtr RtlInt8ToULongLong
#define RtlInt8ToDWordPtr RtlInt8ToULongLong
#define RtlInt8ToUInt64 RtlInt8ToULongLong
#define RtlInt8ToSizeT RtlInt8ToULongLong
#define RtlInt8ToULong64 RtlInt8ToULongLong
#define RtlInt8ToDWordLong RtlInt8ToULongLong
#define RtlUInt8ToUChar(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt8ToByte(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt8ToInt16 RtlUInt8ToShort
#define RtlUInt8ToUInt16 RtlUInt8ToUShort
#define RtlUInt8ToWord RtlUInt8ToUShort
#define RtlUInt8ToInt RtlUInt8ToLong
#define RtlUInt8ToInt32 RtlUInt8ToLong
#define RtlUInt8ToUInt RtlUInt8ToULong
#define RtlUInt8ToUInt32 RtlUInt8ToULong
#define RtlUInt8ToDWord RtlUInt8ToULong
#define RtlUInt8ToIntPtr RtlUInt8ToLongLong
#define RtlUInt8ToLongPtr RtlUInt8ToLongLong
#define RtlUInt8ToInt64 RtlUInt8ToLongLong
#define RtlUInt8ToPtrdiffT RtlUInt8ToLongLong
#define RtlUInt8ToSSIZET RtlUInt8ToLongLong
#define RtlUInt8ToUIntPtr RtlUInt8ToULongLong
#define RtlUInt8ToULongPtr RtlUInt8ToULongLong
#define RtlUInt8ToDWordPtr RtlUInt8ToULongLong
#define RtlUInt8ToUInt64 RtlUInt8ToULongLong
#define RtlUInt8ToSizeT RtlUInt8ToULongLong
#define RtlUInt8ToULong64 RtlUInt8ToULongLong
#define RtlUInt8ToDWordLong RtlUInt8ToULongLong
#define RtlShortToUChar RtlShortToUInt8
#define RtlShortToByte RtlShortToUInt8
#define RtlShortToInt16(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlShortToUInt16 RtlShortToUShort
#define RtlShortToWord RtlShortToUShort
#define RtlShortToInt RtlShortToLong
#define RtlShortToInt32 RtlShortToLong
#define RtlShortToUInt RtlShortToULong
#define RtlShortToUInt32 RtlShortToULong
#define RtlShortToDWord RtlShortToULong
#define RtlShortToIntPtr RtlShortToLongLong
#define RtlShortToLongPtr RtlShortToLongLong
#define RtlShortToInt64 RtlShortToLongLong
#define RtlShortToPtrdiffT RtlShortToLongLong
#define RtlShortToSSIZET RtlShortToLongLong
#define RtlShortToUIntPtr RtlShortToULongLong
#define RtlShortToULongPtr RtlShortToULongLong
#define RtlShortToDWordPtr RtlShortToULongLong
#define RtlShortToUInt64 RtlShortToULongLong
#define RtlShortToSizeT RtlShortToULongLong
#define RtlShortToULong64 RtlShortToULongLong
#define RtlShortToDWordLong RtlShortToULongLong
#define RtlUShortToUChar RtlUShortToUInt8
#define RtlUShortToByte RtlUShortToUInt8
#define RtlUShortToInt16 RtlUShortToShort
#define RtlUShortToUInt16(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUShortToWord(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUShortToInt RtlUShortToLong
#define RtlUShortToInt32 RtlUShortToLong
#define RtlUShortToUInt RtlUShortToULong
#define RtlUShortToUInt32 RtlUShortToULong
#define RtlUShortToDWord RtlUShortToULong
#define RtlUShortToIntPtr RtlUShortToLongLong
#define RtlUShortToLongPtr RtlUShortToLongLong
#define RtlUShortToInt64 RtlUShortToLongLong
#define RtlUShortToPtrdiffT RtlUShortToLongLong
#define RtlUShortToSSIZET RtlUShortToLongLong
#define RtlUShortToUIntPtr RtlUShortToULongLong
#define RtlUShortToULongPtr RtlUShortToULongLong
#define RtlUShortToDWordPtr RtlUShortToULongLong
#define RtlUShortToUInt64 RtlUShortToULongLong
#define RtlUShortToSizeT RtlUShortToULongLong
#define RtlUShortToULong64 RtlUShortToULongLong
#define RtlUShortToDWordLong RtlUShortToULongLong
#define RtlLongToUChar RtlLongToUInt8
#define RtlLongToByte RtlLongToUInt8
#define RtlLongToInt16 RtlLongToShort
#define RtlLongToUInt16 RtlLongToUShort
#define RtlLongToWord RtlLongToUShort
#define RtlLongToInt(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongToInt32(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongToUInt RtlLongToULong
#define RtlLongToUInt32 RtlLongToULong
#define RtlLongToDWord RtlLongToULong
#define RtlLongToIntPtr RtlLongToLongLong
#define RtlLongToLongPtr RtlLongToLongLong
#define RtlLongToInt64 RtlLongToLongLong
#define RtlLongToPtrdiffT RtlLongToLongLong
#define RtlLongToSSIZET RtlLongToLongLong
#define RtlLongToUIntPtr RtlLongToULongLong
#define RtlLongToULongPtr RtlLongToULongLong
#define RtlLongToDWordPtr RtlLongToULongLong
#define RtlLongToUInt64 RtlLongToULongLong
#define RtlLongToSizeT RtlLongToULongLong
#define RtlLongToULong64 RtlLongToULongLong
#define RtlLongToDWordLong RtlLongToULongLong
#define RtlULongToUChar RtlULongToUInt8
#define RtlULongToByte RtlULongToUInt8
#define RtlULongToInt16 RtlULongToShort
#define RtlULongToUInt16 RtlULongToUShort
#define RtlULongToWord RtlULongToUShort
#define RtlULongToInt RtlULongToLong
#define RtlULongToInt32 RtlULongToLong
#define RtlULongToUInt(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongToUInt32(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongToDWord(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongToIntPtr RtlULongToLongLong
#define RtlULongToLongPtr RtlULongToLongLong
#define RtlULongToInt64 RtlULongToLongLong
#define RtlULongToPtrdiffT RtlULongToLongLong
#define RtlULongToSSIZET RtlULongToLongLong
#define RtlULongToUIntPtr RtlULongToULongLong
#define RtlULongToULongPtr RtlULongToULongLong
#define RtlULongToDWordPtr RtlULongToULongLong
#define RtlULongToUInt64 RtlULongToULongLong
#define RtlULongToSizeT RtlULongToULongLong
#define RtlULongToULong64 RtlULongToULongLong
#define RtlULongToDWordLong RtlULongToULongLong
#define RtlLongLongToUChar RtlLongLongToUInt8
#define RtlLongLongToByte RtlLongLongToUInt8
#define RtlLongLongToInt16 RtlLongLongToShort
#define RtlLongLongToUInt16 RtlLongLongToUShort
#define RtlLongLongToWord RtlLongLongToUShort
#define RtlLongLongToInt RtlLongLongToLong
#define RtlLongLongToInt32 RtlLongLongToLong
#define RtlLongLongToUInt RtlLongLongToULong
#define RtlLongLongToUInt32 RtlLongLongToULong
#define RtlLongLongToDWord RtlLongLongToULong
#define RtlLongLongToIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongLongToLongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongLongToInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongLongToPtrdiffT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongLongToSSIZET(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongLongToUIntPtr RtlLongLongToULongLong
#define RtlLongLongToULongPtr RtlLongLongToULongLong
#define RtlLongLongToDWordPtr RtlLongLongToULongLong
#define RtlLongLongToUInt64 RtlLongLongToULongLong
#define RtlLongLongToSizeT RtlLongLongToULongLong
#define RtlLongLongToULong64 RtlLongLongToULongLong
#define RtlLongLongToDWordLong RtlLongLongToULongLong
#define RtlULongLongToUChar RtlULongLongToUInt8
#define RtlULongLongToByte RtlULongLongToUInt8
#define RtlULongLongToInt16 RtlULongLongToShort
#define RtlULongLongToUInt16 RtlULongLongToUShort
#define RtlULongLongToWord RtlULongLongToUShort
#define RtlULongLongToInt RtlULongLongToLong
#define RtlULongLongToInt32 RtlULongLongToLong
#define RtlULongLongToUInt RtlULongLongToULong
#define RtlULongLongToUInt32 RtlULongLongToULong
#define RtlULongLongToDWord RtlULongLongToULong
#define RtlULongLongToIntPtr RtlULongLongToLongLong
#define RtlULongLongToLongPtr RtlULongLongToLongLong
#define RtlULongLongToInt64 RtlULongLongToLongLong
#define RtlULongLongToPtrdiffT RtlULongLongToLongLong
#define RtlULongLongToSSIZET RtlULongLongToLongLong
#define RtlULongLongToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongLongToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUCharToInt8 RtlUInt8ToInt8
#define RtlUCharToUInt8(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUCharToShort RtlUInt8ToShort
#define RtlUCharToUShort RtlUInt8ToUShort
#define RtlUCharToLong RtlUInt8ToLong
#define RtlUCharToULong RtlUInt8ToULong
#define RtlUCharToLongLong RtlUInt8ToLongLong
#define RtlUCharToULongLong RtlUInt8ToULongLong
#define RtlUCharToByte(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUCharToInt16 RtlUInt8ToShort
#define RtlUCharToUInt16 RtlUInt8ToUShort
#define RtlUCharToWord RtlUInt8ToUShort
#define RtlUCharToInt RtlUInt8ToLong
#define RtlUCharToInt32 RtlUInt8ToLong
#define RtlUCharToUInt RtlUInt8ToULong
#define RtlUCharToUInt32 RtlUInt8ToULong
#define RtlUCharToDWord RtlUInt8ToULong
#define RtlUCharToIntPtr RtlUInt8ToLongLong
#define RtlUCharToLongPtr RtlUInt8ToLongLong
#define RtlUCharToInt64 RtlUInt8ToLongLong
#define RtlUCharToPtrdiffT RtlUInt8ToLongLong
#define RtlUCharToSSIZET RtlUInt8ToLongLong
#define RtlUCharToUIntPtr RtlUInt8ToULongLong
#define RtlUCharToULongPtr RtlUInt8ToULongLong
#define RtlUCharToDWordPtr RtlUInt8ToULongLong
#define RtlUCharToUInt64 RtlUInt8ToULongLong
#define RtlUCharToSizeT RtlUInt8ToULongLong
#define RtlUCharToULong64 RtlUInt8ToULongLong
#define RtlUCharToDWordLong RtlUInt8ToULongLong
#define RtlByteToInt8 RtlUInt8ToInt8
#define RtlByteToUInt8(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlByteToShort RtlUInt8ToShort
#define RtlByteToUShort RtlUInt8ToUShort
#define RtlByteToLong RtlUInt8ToLong
#define RtlByteToULong RtlUInt8ToULong
#define RtlByteToLongLong RtlUInt8ToLongLong
#define RtlByteToULongLong RtlUInt8ToULongLong
#define RtlByteToUChar(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlByteToInt16 RtlUInt8ToShort
#define RtlByteToUInt16 RtlUInt8ToUShort
#define RtlByteToWord RtlUInt8ToUShort
#define RtlByteToInt RtlUInt8ToLong
#define RtlByteToInt32 RtlUInt8ToLong
#define RtlByteToUInt RtlUInt8ToULong
#define RtlByteToUInt32 RtlUInt8ToULong
#define RtlByteToDWord RtlUInt8ToULong
#define RtlByteToIntPtr RtlUInt8ToLongLong
#define RtlByteToLongPtr RtlUInt8ToLongLong
#define RtlByteToInt64 RtlUInt8ToLongLong
#define RtlByteToPtrdiffT RtlUInt8ToLongLong
#define RtlByteToSSIZET RtlUInt8ToLongLong
#define RtlByteToUIntPtr RtlUInt8ToULongLong
#define RtlByteToULongPtr RtlUInt8ToULongLong
#define RtlByteToDWordPtr RtlUInt8ToULongLong
#define RtlByteToUInt64 RtlUInt8ToULongLong
#define RtlByteToSizeT RtlUInt8ToULongLong
#define RtlByteToULong64 RtlUInt8ToULongLong
#define RtlByteToDWordLong RtlUInt8ToULongLong
#define RtlInt16ToInt8 RtlShortToInt8
#define RtlInt16ToUInt8 RtlShortToUInt8
#define RtlInt16ToShort(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt16ToUShort RtlShortToUShort
#define RtlInt16ToLong RtlShortToLong
#define RtlInt16ToULong RtlShortToULong
#define RtlInt16ToLongLong RtlShortToLongLong
#define RtlInt16ToULongLong RtlShortToULongLong
#define RtlInt16ToUChar RtlShortToUInt8
#define RtlInt16ToByte RtlShortToUInt8
#define RtlInt16ToUInt16 RtlShortToUShort
#define RtlInt16ToWord RtlShortToUShort
#define RtlInt16ToInt RtlShortToLong
#define RtlInt16ToInt32 RtlShortToLong
#define RtlInt16ToUInt RtlShortToULong
#define RtlInt16ToUInt32 RtlShortToULong
#define RtlInt16ToDWord RtlShortToULong
#define RtlInt16ToIntPtr RtlShortToLongLong
#define RtlInt16ToLongPtr RtlShortToLongLong
#define RtlInt16ToInt64 RtlShortToLongLong
#define RtlInt16ToPtrdiffT RtlShortToLongLong
#define RtlInt16ToSSIZET RtlShortToLongLong
#define RtlInt16ToUIntPtr RtlShortToULongLong
#define RtlInt16ToULongPtr RtlShortToULongLong
#define RtlInt16ToDWordPtr RtlShortToULongLong
#define RtlInt16ToUInt64 RtlShortToULongLong
#define RtlInt16ToSizeT RtlShortToULongLong
#define RtlInt16ToULong64 RtlShortToULongLong
#define RtlInt16ToDWordLong RtlShortToULongLong
#define RtlUInt16ToInt8 RtlUShortToInt8
#define RtlUInt16ToUInt8 RtlUShortToUInt8
#define RtlUInt16ToShort RtlUShortToShort
#define RtlUInt16ToUShort(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt16ToLong RtlUShortToLong
#define RtlUInt16ToULong RtlUShortToULong
#define RtlUInt16ToLongLong RtlUShortToLongLong
#define RtlUInt16ToULongLong RtlUShortToULongLong
#define RtlUInt16ToUChar RtlUShortToUInt8
#define RtlUInt16ToByte RtlUShortToUInt8
#define RtlUInt16ToInt16 RtlUShortToShort
#define RtlUInt16ToWord(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt16ToInt RtlUShortToLong
#define RtlUInt16ToInt32 RtlUShortToLong
#define RtlUInt16ToUInt RtlUShortToULong
#define RtlUInt16ToUInt32 RtlUShortToULong
#define RtlUInt16ToDWord RtlUShortToULong
#define RtlUInt16ToIntPtr RtlUShortToLongLong
#define RtlUInt16ToLongPtr RtlUShortToLongLong
#define RtlUInt16ToInt64 RtlUShortToLongLong
#define RtlUInt16ToPtrdiffT RtlUShortToLongLong
#define RtlUInt16ToSSIZET RtlUShortToLongLong
#define RtlUInt16ToUIntPtr RtlUShortToULongLong
#define RtlUInt16ToULongPtr RtlUShortToULongLong
#define RtlUInt16ToDWordPtr RtlUShortToULongLong
#define RtlUInt16ToUInt64 RtlUShortToULongLong
#define RtlUInt16ToSizeT RtlUShortToULongLong
#define RtlUInt16ToULong64 RtlUShortToULongLong
#define RtlUInt16ToDWordLong RtlUShortToULongLong
#define RtlWordToInt8 RtlUShortToInt8
#define RtlWordToUInt8 RtlUShortToUInt8
#define RtlWordToShort RtlUShortToShort
#define RtlWordToUShort(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlWordToLong RtlUShortToLong
#define RtlWordToULong RtlUShortToULong
#define RtlWordToLongLong RtlUShortToLongLong
#define RtlWordToULongLong RtlUShortToULongLong
#define RtlWordToUChar RtlUShortToUInt8
#define RtlWordToByte RtlUShortToUInt8
#define RtlWordToInt16 RtlUShortToShort
#define RtlWordToUInt16(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlWordToInt RtlUShortToLong
#define RtlWordToInt32 RtlUShortToLong
#define RtlWordToUInt RtlUShortToULong
#define RtlWordToUInt32 RtlUShortToULong
#define RtlWordToDWord RtlUShortToULong
#define RtlWordToIntPtr RtlUShortToLongLong
#define RtlWordToLongPtr RtlUShortToLongLong
#define RtlWordToInt64 RtlUShortToLongLong
#define RtlWordToPtrdiffT RtlUShortToLongLong
#define RtlWordToSSIZET RtlUShortToLongLong
#define RtlWordToUIntPtr RtlUShortToULongLong
#define RtlWordToULongPtr RtlUShortToULongLong
#define RtlWordToDWordPtr RtlUShortToULongLong
#define RtlWordToUInt64 RtlUShortToULongLong
#define RtlWordToSizeT RtlUShortToULongLong
#define RtlWordToULong64 RtlUShortToULongLong
#define RtlWordToDWordLong RtlUShortToULongLong
#define RtlIntToInt8 RtlLongToInt8
#define RtlIntToUInt8 RtlLongToUInt8
#define RtlIntToShort RtlLongToShort
#define RtlIntToUShort RtlLongToUShort
#define RtlIntToLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntToULong RtlLongToULong
#define RtlIntToLongLong RtlLongToLongLong
#define RtlIntToULongLong RtlLongToULongLong
#define RtlIntToUChar RtlLongToUInt8
#define RtlIntToByte RtlLongToUInt8
#define RtlIntToInt16 RtlLongToShort
#define RtlIntToUInt16 RtlLongToUShort
#define RtlIntToWord RtlLongToUShort
#define RtlIntToInt32(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntToUInt RtlLongToULong
#define RtlIntToUInt32 RtlLongToULong
#define RtlIntToDWord RtlLongToULong
#define RtlIntToIntPtr RtlLongToLongLong
#define RtlIntToLongPtr RtlLongToLongLong
#define RtlIntToInt64 RtlLongToLongLong
#define RtlIntToPtrdiffT RtlLongToLongLong
#define RtlIntToSSIZET RtlLongToLongLong
#define RtlIntToUIntPtr RtlLongToULongLong
#define RtlIntToULongPtr RtlLongToULongLong
#define RtlIntToDWordPtr RtlLongToULongLong
#define RtlIntToUInt64 RtlLongToULongLong
#define RtlIntToSizeT RtlLongToULongLong
#define RtlIntToULong64 RtlLongToULongLong
#define RtlIntToDWordLong RtlLongToULongLong
#define RtlInt32ToInt8 RtlLongToInt8
#define RtlInt32ToUInt8 RtlLongToUInt8
#define RtlInt32ToShort RtlLongToShort
#define RtlInt32ToUShort RtlLongToUShort
#define RtlInt32ToLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt32ToULong RtlLongToULong
#define RtlInt32ToLongLong RtlLongToLongLong
#define RtlInt32ToULongLong RtlLongToULongLong
#define RtlInt32ToUChar RtlLongToUInt8
#define RtlInt32ToByte RtlLongToUInt8
#define RtlInt32ToInt16 RtlLongToShort
#define RtlInt32ToUInt16 RtlLongToUShort
#define RtlInt32ToWord RtlLongToUShort
#define RtlInt32ToInt(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt32ToUInt RtlLongToULong
#define RtlInt32ToUInt32 RtlLongToULong
#define RtlInt32ToDWord RtlLongToULong
#define RtlInt32ToIntPtr RtlLongToLongLong
#define RtlInt32ToLongPtr RtlLongToLongLong
#define RtlInt32ToInt64 RtlLongToLongLong
#define RtlInt32ToPtrdiffT RtlLongToLongLong
#define RtlInt32ToSSIZET RtlLongToLongLong
#define RtlInt32ToUIntPtr RtlLongToULongLong
#define RtlInt32ToULongPtr RtlLongToULongLong
#define RtlInt32ToDWordPtr RtlLongToULongLong
#define RtlInt32ToUInt64 RtlLongToULongLong
#define RtlInt32ToSizeT RtlLongToULongLong
#define RtlInt32ToULong64 RtlLongToULongLong
#define RtlInt32ToDWordLong RtlLongToULongLong
#define RtlUIntToInt8 RtlULongToInt8
#define RtlUIntToUInt8 RtlULongToUInt8
#define RtlUIntToShort RtlULongToShort
#define RtlUIntToUShort RtlULongToUShort
#define RtlUIntToLong RtlULongToLong
#define RtlUIntToULong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntToLongLong RtlULongToLongLong
#define RtlUIntToULongLong RtlULongToULongLong
#define RtlUIntToUChar RtlULongToUInt8
#define RtlUIntToByte RtlULongToUInt8
#define RtlUIntToInt16 RtlULongToShort
#define RtlUIntToUInt16 RtlULongToUShort
#define RtlUIntToWord RtlULongToUShort
#define RtlUIntToInt RtlULongToLong
#define RtlUIntToInt32 RtlULongToLong
#define RtlUIntToUInt32(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntToDWord(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntToIntPtr RtlULongToLongLong
#define RtlUIntToLongPtr RtlULongToLongLong
#define RtlUIntToInt64 RtlULongToLongLong
#define RtlUIntToPtrdiffT RtlULongToLongLong
#define RtlUIntToSSIZET RtlULongToLongLong
#define RtlUIntToUIntPtr RtlULongToULongLong
#define RtlUIntToULongPtr RtlULongToULongLong
#define RtlUIntToDWordPtr RtlULongToULongLong
#define RtlUIntToUInt64 RtlULongToULongLong
#define RtlUIntToSizeT RtlULongToULongLong
#define RtlUIntToULong64 RtlULongToULongLong
#define RtlUIntToDWordLong RtlULongToULongLong
#define RtlUInt32ToInt8 RtlULongToInt8
#define RtlUInt32ToUInt8 RtlULongToUInt8
#define RtlUInt32ToShort RtlULongToShort
#define RtlUInt32ToUShort RtlULongToUShort
#define RtlUInt32ToLong RtlULongToLong
#define RtlUInt32ToULong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt32ToLongLong RtlULongToLongLong
#define RtlUInt32ToULongLong RtlULongToULongLong
#define RtlUInt32ToUChar RtlULongToUInt8
#define RtlUInt32ToByte RtlULongToUInt8
#define RtlUInt32ToInt16 RtlULongToShort
#define RtlUInt32ToUInt16 RtlULongToUShort
#define RtlUInt32ToWord RtlULongToUShort
#define RtlUInt32ToInt RtlULongToLong
#define RtlUInt32ToInt32 RtlULongToLong
#define RtlUInt32ToUInt(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt32ToDWord(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt32ToIntPtr RtlULongToLongLong
#define RtlUInt32ToLongPtr RtlULongToLongLong
#define RtlUInt32ToInt64 RtlULongToLongLong
#define RtlUInt32ToPtrdiffT RtlULongToLongLong
#define RtlUInt32ToSSIZET RtlULongToLongLong
#define RtlUInt32ToUIntPtr RtlULongToULongLong
#define RtlUInt32ToULongPtr RtlULongToULongLong
#define RtlUInt32ToDWordPtr RtlULongToULongLong
#define RtlUInt32ToUInt64 RtlULongToULongLong
#define RtlUInt32ToSizeT RtlULongToULongLong
#define RtlUInt32ToULong64 RtlULongToULongLong
#define RtlUInt32ToDWordLong RtlULongToULongLong
#define RtlDWordToInt8 RtlULongToInt8
#define RtlDWordToUInt8 RtlULongToUInt8
#define RtlDWordToShort RtlULongToShort
#define RtlDWordToUShort RtlULongToUShort
#define RtlDWordToLong RtlULongToLong
#define RtlDWordToULong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordToLongLong RtlULongToLongLong
#define RtlDWordToULongLong RtlULongToULongLong
#define RtlDWordToUChar RtlULongToUInt8
#define RtlDWordToByte RtlULongToUInt8
#define RtlDWordToInt16 RtlULongToShort
#define RtlDWordToUInt16 RtlULongToUShort
#define RtlDWordToWord RtlULongToUShort
#define RtlDWordToInt RtlULongToLong
#define RtlDWordToInt32 RtlULongToLong
#define RtlDWordToUInt(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordToUInt32(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordToIntPtr RtlULongToLongLong
#define RtlDWordToLongPtr RtlULongToLongLong
#define RtlDWordToInt64 RtlULongToLongLong
#define RtlDWordToPtrdiffT RtlULongToLongLong
#define RtlDWordToSSIZET RtlULongToLongLong
#define RtlDWordToUIntPtr RtlULongToULongLong
#define RtlDWordToULongPtr RtlULongToULongLong
#define RtlDWordToDWordPtr RtlULongToULongLong
#define RtlDWordToUInt64 RtlULongToULongLong
#define RtlDWordToSizeT RtlULongToULongLong
#define RtlDWordToULong64 RtlULongToULongLong
#define RtlDWordToDWordLong RtlULongToULongLong
#define RtlIntPtrToInt8 RtlLongLongToInt8
#define RtlIntPtrToUInt8 RtlLongLongToUInt8
#define RtlIntPtrToShort RtlLongLongToShort
#define RtlIntPtrToUShort RtlLongLongToUShort
#define RtlIntPtrToLong RtlLongLongToLong
#define RtlIntPtrToULong RtlLongLongToULong
#define RtlIntPtrToLongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntPtrToULongLong RtlLongLongToULongLong
#define RtlIntPtrToUChar RtlLongLongToUInt8
#define RtlIntPtrToByte RtlLongLongToUInt8
#define RtlIntPtrToInt16 RtlLongLongToShort
#define RtlIntPtrToUInt16 RtlLongLongToUShort
#define RtlIntPtrToWord RtlLongLongToUShort
#define RtlIntPtrToInt RtlLongLongToLong
#define RtlIntPtrToInt32 RtlLongLongToLong
#define RtlIntPtrToUInt RtlLongLongToULong
#define RtlIntPtrToUInt32 RtlLongLongToULong
#define RtlIntPtrToDWord RtlLongLongToULong
#define RtlIntPtrToLongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntPtrToInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntPtrToPtrdiffT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntPtrToSSIZET(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlIntPtrToUIntPtr RtlLongLongToULongLong
#define RtlIntPtrToULongPtr RtlLongLongToULongLong
#define RtlIntPtrToDWordPtr RtlLongLongToULongLong
#define RtlIntPtrToUInt64 RtlLongLongToULongLong
#define RtlIntPtrToSizeT RtlLongLongToULongLong
#define RtlIntPtrToULong64 RtlLongLongToULongLong
#define RtlIntPtrToDWordLong RtlLongLongToULongLong
#define RtlLongPtrToInt8 RtlLongLongToInt8
#define RtlLongPtrToUInt8 RtlLongLongToUInt8
#define RtlLongPtrToShort RtlLongLongToShort
#define RtlLongPtrToUShort RtlLongLongToUShort
#define RtlLongPtrToLong RtlLongLongToLong
#define RtlLongPtrToULong RtlLongLongToULong
#define RtlLongPtrToLongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongPtrToULongLong RtlLongLongToULongLong
#define RtlLongPtrToUChar RtlLongLongToUInt8
#define RtlLongPtrToByte RtlLongLongToUInt8
#define RtlLongPtrToInt16 RtlLongLongToShort
#define RtlLongPtrToUInt16 RtlLongLongToUShort
#define RtlLongPtrToWord RtlLongLongToUShort
#define RtlLongPtrToInt RtlLongLongToLong
#define RtlLongPtrToInt32 RtlLongLongToLong
#define RtlLongPtrToUInt RtlLongLongToULong
#define RtlLongPtrToUInt32 RtlLongLongToULong
#define RtlLongPtrToDWord RtlLongLongToULong
#define RtlLongPtrToIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongPtrToInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongPtrToPtrdiffT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongPtrToSSIZET(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlLongPtrToUIntPtr RtlLongLongToULongLong
#define RtlLongPtrToULongPtr RtlLongLongToULongLong
#define RtlLongPtrToDWordPtr RtlLongLongToULongLong
#define RtlLongPtrToUInt64 RtlLongLongToULongLong
#define RtlLongPtrToSizeT RtlLongLongToULongLong
#define RtlLongPtrToULong64 RtlLongLongToULongLong
#define RtlLongPtrToDWordLong RtlLongLongToULongLong
#define RtlInt64ToInt8 RtlLongLongToInt8
#define RtlInt64ToUInt8 RtlLongLongToUInt8
#define RtlInt64ToShort RtlLongLongToShort
#define RtlInt64ToUShort RtlLongLongToUShort
#define RtlInt64ToLong RtlLongLongToLong
#define RtlInt64ToULong RtlLongLongToULong
#define RtlInt64ToLongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt64ToULongLong RtlLongLongToULongLong
#define RtlInt64ToUChar RtlLongLongToUInt8
#define RtlInt64ToByte RtlLongLongToUInt8
#define RtlInt64ToInt16 RtlLongLongToShort
#define RtlInt64ToUInt16 RtlLongLongToUShort
#define RtlInt64ToWord RtlLongLongToUShort
#define RtlInt64ToInt RtlLongLongToLong
#define RtlInt64ToInt32 RtlLongLongToLong
#define RtlInt64ToUInt RtlLongLongToULong
#define RtlInt64ToUInt32 RtlLongLongToULong
#define RtlInt64ToDWord RtlLongLongToULong
#define RtlInt64ToIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt64ToLongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt64ToPtrdiffT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt64ToSSIZET(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlInt64ToUIntPtr RtlLongLongToULongLong
#define RtlInt64ToULongPtr RtlLongLongToULongLong
#define RtlInt64ToDWordPtr RtlLongLongToULongLong
#define RtlInt64ToUInt64 RtlLongLongToULongLong
#define RtlInt64ToSizeT RtlLongLongToULongLong
#define RtlInt64ToULong64 RtlLongLongToULongLong
#define RtlInt64ToDWordLong RtlLongLongToULongLong
#define RtlPtrdiffTToInt8 RtlLongLongToInt8
#define RtlPtrdiffTToUInt8 RtlLongLongToUInt8
#define RtlPtrdiffTToShort RtlLongLongToShort
#define RtlPtrdiffTToUShort RtlLongLongToUShort
#define RtlPtrdiffTToLong RtlLongLongToLong
#define RtlPtrdiffTToULong RtlLongLongToULong
#define RtlPtrdiffTToLongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlPtrdiffTToULongLong RtlLongLongToULongLong
#define RtlPtrdiffTToUChar RtlLongLongToUInt8
#define RtlPtrdiffTToByte RtlLongLongToUInt8
#define RtlPtrdiffTToInt16 RtlLongLongToShort
#define RtlPtrdiffTToUInt16 RtlLongLongToUShort
#define RtlPtrdiffTToWord RtlLongLongToUShort
#define RtlPtrdiffTToInt RtlLongLongToLong
#define RtlPtrdiffTToInt32 RtlLongLongToLong
#define RtlPtrdiffTToUInt RtlLongLongToULong
#define RtlPtrdiffTToUInt32 RtlLongLongToULong
#define RtlPtrdiffTToDWord RtlLongLongToULong
#define RtlPtrdiffTToIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlPtrdiffTToLongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlPtrdiffTToInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlPtrdiffTToSSIZET(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlPtrdiffTToUIntPtr RtlLongLongToULongLong
#define RtlPtrdiffTToULongPtr RtlLongLongToULongLong
#define RtlPtrdiffTToDWordPtr RtlLongLongToULongLong
#define RtlPtrdiffTToUInt64 RtlLongLongToULongLong
#define RtlPtrdiffTToSizeT RtlLongLongToULongLong
#define RtlPtrdiffTToULong64 RtlLongLongToULongLong
#define RtlPtrdiffTToDWordLong RtlLongLongToULongLong
#define RtlSSIZETToInt8 RtlLongLongToInt8
#define RtlSSIZETToUInt8 RtlLongLongToUInt8
#define RtlSSIZETToShort RtlLongLongToShort
#define RtlSSIZETToUShort RtlLongLongToUShort
#define RtlSSIZETToLong RtlLongLongToLong
#define RtlSSIZETToULong RtlLongLongToULong
#define RtlSSIZETToLongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSSIZETToULongLong RtlLongLongToULongLong
#define RtlSSIZETToUChar RtlLongLongToUInt8
#define RtlSSIZETToByte RtlLongLongToUInt8
#define RtlSSIZETToInt16 RtlLongLongToShort
#define RtlSSIZETToUInt16 RtlLongLongToUShort
#define RtlSSIZETToWord RtlLongLongToUShort
#define RtlSSIZETToInt RtlLongLongToLong
#define RtlSSIZETToInt32 RtlLongLongToLong
#define RtlSSIZETToUInt RtlLongLongToULong
#define RtlSSIZETToUInt32 RtlLongLongToULong
#define RtlSSIZETToDWord RtlLongLongToULong
#define RtlSSIZETToIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSSIZETToLongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSSIZETToInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSSIZETToPtrdiffT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSSIZETToUIntPtr RtlLongLongToULongLong
#define RtlSSIZETToULongPtr RtlLongLongToULongLong
#define RtlSSIZETToDWordPtr RtlLongLongToULongLong
#define RtlSSIZETToUInt64 RtlLongLongToULongLong
#define RtlSSIZETToSizeT RtlLongLongToULongLong
#define RtlSSIZETToULong64 RtlLongLongToULongLong
#define RtlSSIZETToDWordLong RtlLongLongToULongLong
#define RtlUIntPtrToInt8 RtlULongLongToInt8
#define RtlUIntPtrToUInt8 RtlULongLongToUInt8
#define RtlUIntPtrToShort RtlULongLongToShort
#define RtlUIntPtrToUShort RtlULongLongToUShort
#define RtlUIntPtrToLong RtlULongLongToLong
#define RtlUIntPtrToULong RtlULongLongToULong
#define RtlUIntPtrToLongLong RtlULongLongToLongLong
#define RtlUIntPtrToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToUChar RtlULongLongToUInt8
#define RtlUIntPtrToByte RtlULongLongToUInt8
#define RtlUIntPtrToInt16 RtlULongLongToShort
#define RtlUIntPtrToUInt16 RtlULongLongToUShort
#define RtlUIntPtrToWord RtlULongLongToUShort
#define RtlUIntPtrToInt RtlULongLongToLong
#define RtlUIntPtrToInt32 RtlULongLongToLong
#define RtlUIntPtrToUInt RtlULongLongToULong
#define RtlUIntPtrToUInt32 RtlULongLongToULong
#define RtlUIntPtrToDWord RtlULongLongToULong
#define RtlUIntPtrToIntPtr RtlULongLongToLongLong
#define RtlUIntPtrToLongPtr RtlULongLongToLongLong
#define RtlUIntPtrToInt64 RtlULongLongToLongLong
#define RtlUIntPtrToPtrdiffT RtlULongLongToLongLong
#define RtlUIntPtrToSSIZET RtlULongLongToLongLong
#define RtlUIntPtrToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUIntPtrToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToInt8 RtlULongLongToInt8
#define RtlULongPtrToUInt8 RtlULongLongToUInt8
#define RtlULongPtrToShort RtlULongLongToShort
#define RtlULongPtrToUShort RtlULongLongToUShort
#define RtlULongPtrToLong RtlULongLongToLong
#define RtlULongPtrToULong RtlULongLongToULong
#define RtlULongPtrToLongLong RtlULongLongToLongLong
#define RtlULongPtrToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToUChar RtlULongLongToUInt8
#define RtlULongPtrToByte RtlULongLongToUInt8
#define RtlULongPtrToInt16 RtlULongLongToShort
#define RtlULongPtrToUInt16 RtlULongLongToUShort
#define RtlULongPtrToWord RtlULongLongToUShort
#define RtlULongPtrToInt RtlULongLongToLong
#define RtlULongPtrToInt32 RtlULongLongToLong
#define RtlULongPtrToUInt RtlULongLongToULong
#define RtlULongPtrToUInt32 RtlULongLongToULong
#define RtlULongPtrToDWord RtlULongLongToULong
#define RtlULongPtrToIntPtr RtlULongLongToLongLong
#define RtlULongPtrToLongPtr RtlULongLongToLongLong
#define RtlULongPtrToInt64 RtlULongLongToLongLong
#define RtlULongPtrToPtrdiffT RtlULongLongToLongLong
#define RtlULongPtrToSSIZET RtlULongLongToLongLong
#define RtlULongPtrToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULongPtrToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToInt8 RtlULongLongToInt8
#define RtlDWordPtrToUInt8 RtlULongLongToUInt8
#define RtlDWordPtrToShort RtlULongLongToShort
#define RtlDWordPtrToUShort RtlULongLongToUShort
#define RtlDWordPtrToLong RtlULongLongToLong
#define RtlDWordPtrToULong RtlULongLongToULong
#define RtlDWordPtrToLongLong RtlULongLongToLongLong
#define RtlDWordPtrToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToUChar RtlULongLongToUInt8
#define RtlDWordPtrToByte RtlULongLongToUInt8
#define RtlDWordPtrToInt16 RtlULongLongToShort
#define RtlDWordPtrToUInt16 RtlULongLongToUShort
#define RtlDWordPtrToWord RtlULongLongToUShort
#define RtlDWordPtrToInt RtlULongLongToLong
#define RtlDWordPtrToInt32 RtlULongLongToLong
#define RtlDWordPtrToUInt RtlULongLongToULong
#define RtlDWordPtrToUInt32 RtlULongLongToULong
#define RtlDWordPtrToDWord RtlULongLongToULong
#define RtlDWordPtrToIntPtr RtlULongLongToLongLong
#define RtlDWordPtrToLongPtr RtlULongLongToLongLong
#define RtlDWordPtrToInt64 RtlULongLongToLongLong
#define RtlDWordPtrToPtrdiffT RtlULongLongToLongLong
#define RtlDWordPtrToSSIZET RtlULongLongToLongLong
#define RtlDWordPtrToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordPtrToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToInt8 RtlULongLongToInt8
#define RtlUInt64ToUInt8 RtlULongLongToUInt8
#define RtlUInt64ToShort RtlULongLongToShort
#define RtlUInt64ToUShort RtlULongLongToUShort
#define RtlUInt64ToLong RtlULongLongToLong
#define RtlUInt64ToULong RtlULongLongToULong
#define RtlUInt64ToLongLong RtlULongLongToLongLong
#define RtlUInt64ToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToUChar RtlULongLongToUInt8
#define RtlUInt64ToByte RtlULongLongToUInt8
#define RtlUInt64ToInt16 RtlULongLongToShort
#define RtlUInt64ToUInt16 RtlULongLongToUShort
#define RtlUInt64ToWord RtlULongLongToUShort
#define RtlUInt64ToInt RtlULongLongToLong
#define RtlUInt64ToInt32 RtlULongLongToLong
#define RtlUInt64ToUInt RtlULongLongToULong
#define RtlUInt64ToUInt32 RtlULongLongToULong
#define RtlUInt64ToDWord RtlULongLongToULong
#define RtlUInt64ToIntPtr RtlULongLongToLongLong
#define RtlUInt64ToLongPtr RtlULongLongToLongLong
#define RtlUInt64ToInt64 RtlULongLongToLongLong
#define RtlUInt64ToPtrdiffT RtlULongLongToLongLong
#define RtlUInt64ToSSIZET RtlULongLongToLongLong
#define RtlUInt64ToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlUInt64ToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToInt8 RtlULongLongToInt8
#define RtlSizeTToUInt8 RtlULongLongToUInt8
#define RtlSizeTToShort RtlULongLongToShort
#define RtlSizeTToUShort RtlULongLongToUShort
#define RtlSizeTToLong RtlULongLongToLong
#define RtlSizeTToULong RtlULongLongToULong
#define RtlSizeTToLongLong RtlULongLongToLongLong
#define RtlSizeTToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToUChar RtlULongLongToUInt8
#define RtlSizeTToByte RtlULongLongToUInt8
#define RtlSizeTToInt16 RtlULongLongToShort
#define RtlSizeTToUInt16 RtlULongLongToUShort
#define RtlSizeTToWord RtlULongLongToUShort
#define RtlSizeTToInt RtlULongLongToLong
#define RtlSizeTToInt32 RtlULongLongToLong
#define RtlSizeTToUInt RtlULongLongToULong
#define RtlSizeTToUInt32 RtlULongLongToULong
#define RtlSizeTToDWord RtlULongLongToULong
#define RtlSizeTToIntPtr RtlULongLongToLongLong
#define RtlSizeTToLongPtr RtlULongLongToLongLong
#define RtlSizeTToInt64 RtlULongLongToLongLong
#define RtlSizeTToPtrdiffT RtlULongLongToLongLong
#define RtlSizeTToSSIZET RtlULongLongToLongLong
#define RtlSizeTToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlSizeTToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToInt8 RtlULongLongToInt8
#define RtlULong64ToUInt8 RtlULongLongToUInt8
#define RtlULong64ToShort RtlULongLongToShort
#define RtlULong64ToUShort RtlULongLongToUShort
#define RtlULong64ToLong RtlULongLongToLong
#define RtlULong64ToULong RtlULongLongToULong
#define RtlULong64ToLongLong RtlULongLongToLongLong
#define RtlULong64ToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToUChar RtlULongLongToUInt8
#define RtlULong64ToByte RtlULongLongToUInt8
#define RtlULong64ToInt16 RtlULongLongToShort
#define RtlULong64ToUInt16 RtlULongLongToUShort
#define RtlULong64ToWord RtlULongLongToUShort
#define RtlULong64ToInt RtlULongLongToLong
#define RtlULong64ToInt32 RtlULongLongToLong
#define RtlULong64ToUInt RtlULongLongToULong
#define RtlULong64ToUInt32 RtlULongLongToULong
#define RtlULong64ToDWord RtlULongLongToULong
#define RtlULong64ToIntPtr RtlULongLongToLongLong
#define RtlULong64ToLongPtr RtlULongLongToLongLong
#define RtlULong64ToInt64 RtlULongLongToLongLong
#define RtlULong64ToPtrdiffT RtlULongLongToLongLong
#define RtlULong64ToSSIZET RtlULongLongToLongLong
#define RtlULong64ToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlULong64ToDWordLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToInt8 RtlULongLongToInt8
#define RtlDWordLongToUInt8 RtlULongLongToUInt8
#define RtlDWordLongToShort RtlULongLongToShort
#define RtlDWordLongToUShort RtlULongLongToUShort
#define RtlDWordLongToLong RtlULongLongToLong
#define RtlDWordLongToULong RtlULongLongToULong
#define RtlDWordLongToLongLong RtlULongLongToLongLong
#define RtlDWordLongToULongLong(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToUChar RtlULongLongToUInt8
#define RtlDWordLongToByte RtlULongLongToUInt8
#define RtlDWordLongToInt16 RtlULongLongToShort
#define RtlDWordLongToUInt16 RtlULongLongToUShort
#define RtlDWordLongToWord RtlULongLongToUShort
#define RtlDWordLongToInt RtlULongLongToLong
#define RtlDWordLongToInt32 RtlULongLongToLong
#define RtlDWordLongToUInt RtlULongLongToULong
#define RtlDWordLongToUInt32 RtlULongLongToULong
#define RtlDWordLongToDWord RtlULongLongToULong
#define RtlDWordLongToIntPtr RtlULongLongToLongLong
#define RtlDWordLongToLongPtr RtlULongLongToLongLong
#define RtlDWordLongToInt64 RtlULongLongToLongLong
#define RtlDWordLongToPtrdiffT RtlULongLongToLongLong
#define RtlDWordLongToSSIZET RtlULongLongToLongLong
#define RtlDWordLongToUIntPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToULongPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToDWordPtr(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToUInt64(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToSizeT(value, result) (*(result) = (value), STATUS_SUCCESS)
#define RtlDWordLongToULong64(value, result) (*(result) = (value), STATUS_SUCCESS)

#define INT8_ERROR (-1)
#define UINT8_ERROR 0xff
#define BYTE_ERROR 0xff
#define SHORT_ERROR (-1)
#define USHORT_ERROR 0xffff
#define INT_ERROR (-1)
#define UINT_ERROR 0xffffffffu
#define LONG_ERROR (-1)
#define ULONG_ERROR 0xffffffffu
#define DWORD_ERROR 0xffffffffu
#define LONGLONG_ERROR (-1ll)
#define ULONGLONG_ERROR 0xffffffffffffffffull
#define SIZET_ERROR ULONGLONG_ERROR
