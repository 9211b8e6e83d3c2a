// Source annotations of the WDK's dialect. They speak to Microsoft's analysers alone; here they vanish.
#pragma once

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(size)
#define _In_reads_opt_(size)
#define _In_reads_z_(size)
#define _In_reads_bytes_(size)
#define _In_reads_bytes_opt_(size)
#define _In_reads_or_z_(size)
#define _In_range_(low, high)
#define _Out_
#define _Out_opt_
#define _Out_writes_(size)
#define _Out_writes_opt_(size)
#define _Out_writes_z_(size)
#define _Out_writes_all_(size)
#define _Out_writes_to_(size, count)
#define _Out_writes_to_opt_(size, count)
#define _Out_writes_bytes_(size)
#define _Out_writes_bytes_opt_(size)
#define _Out_writes_bytes_all_(size)
#define _Out_writes_bytes_all_opt_(size)
#define _Out_writes_bytes_to_(size, count)
#define _Out_writes_bytes_to_opt_(size, count)
#define _Out_range_(low, high)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_z_
#define _Outptr_result_nullonfailure_
#define _Outptr_result_buffer_(size)
#define _Outptr_result_bytebuffer_(size)
#define _Outptr_result_bytebuffer_maybenull_(size)
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_updates_(size)
#define _Inout_updates_opt_(size)
#define _Inout_updates_z_(size)
#define _Inout_updates_all_(size)
#define _Inout_updates_bytes_(size)
#define _Inout_updates_bytes_opt_(size)
#define _Inout_updates_bytes_to_(size, count)
#define _Reserved_
#define _Ret_
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_range_(low, high)
#define _Ret_writes_(size)
#define _Ret_writes_bytes_maybenull_(size)
#define _Ret_z_
#define _Pre_
#define _Pre_notnull_
#define _Pre_null_
#define _Pre_maybenull_
#define _Pre_valid_
#define _Pre_satisfies_(condition)
#define _Post_
#define _Post_valid_
#define _Post_invalid_
#define _Post_null_
#define _Post_writable_byte_size_(size)
#define _Post_readable_byte_size_(size)
#define _Unreferenced_parameter_
#define _Curr_
#define _Global_critical_region_
#define _Post_notnull_
#define _Post_maybenull_
#define _Post_satisfies_(condition)
#define _Post_equal_to_(expression)
#define _Post_ptr_invalid_
#define _At_(target, annotations)
#define _At_buffer_(target, iterator, bound, annotations)
#define _When_(condition, annotations)
#define _Success_(condition)
#define _Return_type_success_(condition)
#define _On_failure_(annotations)
#define _Always_(annotations)
#define _Null_terminated_
#define _NullNull_terminated_
#define _Maybenull_
#define _Notnull_
#define _Notvalid_
#define _Field_size_(size)
#define _Field_size_opt_(size)
#define _Field_size_full_(size)
#define _Field_size_bytes_(size)
#define _Field_size_bytes_opt_(size)
#define _Field_size_bytes_full_(size)
#define _Field_size_bytes_part_(size, count)
#define _Field_size_part_(size, count)
#define _Field_range_(low, high)
#define _Field_z_
#define _Struct_size_bytes_(size)
#define _Readable_bytes_(size)
#define _Readable_elements_(size)
#define _Writable_bytes_(size)
#define _Writable_elements_(size)
#define _Check_return_
#define _Must_inspect_result_
#define _Use_decl_annotations_
#define _Analysis_assume_(expression)
#define _Analysis_noreturn_
#define _Analysis_mode_(mode)
#define _Printf_format_string_
#define _Const_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Unchanged_(expression)
#define _Strict_type_match_
#define _Points_to_data_
#define _Interlocked_operand_
#define _Guarded_by_(lock)
#define _Write_guarded_by_(lock)
#define _Requires_lock_held_(lock)
#define _Requires_lock_not_held_(lock)
#define _Requires_exclusive_lock_held_(lock)
#define _Requires_shared_lock_held_(lock)
#define _Requires_no_locks_held_
#define _Acquires_lock_(lock)
#define _Releases_lock_(lock)
#define _Acquires_exclusive_lock_(lock)
#define _Releases_exclusive_lock_(lock)
#define _Acquires_shared_lock_(lock)
#define _Releases_shared_lock_(lock)
#define _Has_lock_kind_(kind)
#define _Has_lock_level_(level)
#define _Create_lock_level_(level)
#define _Lock_level_order_(first, second)
#define _Internal_lock_level_order_(first, second)
#define _IRQL_requires_(level)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_min_(level)
#define _IRQL_requires_same_
#define _IRQL_requires_same
#define _IRQL_always_function_max_(level)
#define _IRQL_always_function_min_(level)
#define _IRQL_raises_(level)
#define _IRQL_saves_
#define _IRQL_saves_global_(kind, target)
#define _IRQL_restores_
#define _IRQL_restores_global_(kind, target)
#define _IRQL_uses_cancel_
#define _IRQL_is_cancel_
#define _IRQL_limited_to_(level)
#define _Dispatch_type_(code)
#define _Function_class_(name)
#define _Kernel_clear_do_init_(value)
#define _Kernel_entry_
#define _Kernel_float_saved_
#define _Kernel_float_restored_
#define _Kernel_float_used_
#define _Kernel_requires_resource_held_(kind)
#define _Kernel_requires_resource_not_held_(kind)
#define _Kernel_acquires_resource_(kind)
#define _Kernel_releases_resource_(kind)
#define _Flt_CompletionContext_Outptr_
#define _Flt_ConnectionCookie_Outptr_
#define __drv_aliasesMem
#define __drv_allocatesMem(kind)
#define __drv_freesMem(kind)
#define __drv_dispatchType(code)
#define __drv_functionClass(name)
#define __drv_maxIRQL(level)
#define __drv_minIRQL(level)
#define __drv_requiresIRQL(level)
#define __drv_raisesIRQL(level)
#define __drv_savesIRQL
#define __drv_restoresIRQL
#define __drv_sameIRQL
#define __drv_setsIRQL(level)
#define __drv_when(condition, annotations)
#define __drv_at(target, annotations)
#define __drv_in(annotations)
#define __drv_out(annotations)
#define __drv_mustHold(kind)
#define __drv_mustHoldCriticalRegion
#define __drv_neverHold(kind)
#define __drv_acquiresCriticalRegion
#define __drv_releasesCriticalRegion
#define __drv_acquiresExclusiveResource(kind)
#define __drv_releasesExclusiveResource(kind)
#define __drv_reportError(text)
#define __drv_preferredFunction(function, reason)
#define __drv_strictTypeMatch(mode)
#define __drv_strictType(type, mode)
#define __drv_isObjectPointer
#define __drv_inTry
#define __drv_notInTry
#define __drv_valueIs(value)
#define __drv_unit_user_driver
#define __analysis_assume(expression)
#define _Analysis_assume_lock_held_(lock)
#define _Analysis_assume_lock_not_held_(lock)
#define __assume(expression) ((void)0)
#define __kernel_code
#define __user_code
#define __kernel_driver
#define __callback
#define __override
#ifdef FLTSIM_DRIVER_UNIT
// __declspec is replaced by sim/cc/tolerance/declspec.cpp, which knows what it belongs to.
#define __pragma(...) _Pragma(#__VA_ARGS__)
#define __thiscall
#define _cdecl
#define _stdcall
#define _fastcall
#define _inline inline
#else
#define __declspec(x)
#define __pragma(x)
#endif
#define __cdecl
#define __stdcall
#define __fastcall
#define __vectorcall
#define __unaligned
#define __ptr32
#define __ptr64
#define __w64

// The first generation of annotations. C++ units are spared: libstdc++ uses some of these names for parameters.
#if defined(FLTSIM_DRIVER_UNIT) && !defined(__cplusplus)
#define IN
#define OUT
#define OPTIONAL
#define __in
#define __in_opt
#define __in_z
#define __in_z_opt
#define __in_bcount(size)
#define __in_bcount_opt(size)
#define __in_ecount(size)
#define __in_ecount_opt(size)
#define __out
#define __out_opt
#define __out_bcount(size)
#define __out_bcount_opt(size)
#define __out_bcount_part(size, count)
#define __out_bcount_part_opt(size, count)
#define __out_ecount(size)
#define __out_ecount_opt(size)
#define __out_ecount_part(size, count)
#define __inout
#define __inout_opt
#define __inout_bcount(size)
#define __inout_bcount_opt(size)
#define __inout_ecount(size)
#define __deref_out
#define __deref_out_opt
#define __deref_inout
#define __deref_out_bcount(size)
#define __deref_out_bcount_opt(size)
#define __deref_opt_out
#define __deref_opt_out_opt
#define __deref_out_range(low, high)
#define __field_bcount(size)
#define __field_bcount_opt(size)
#define __field_ecount(size)
#define __field_ecount_opt(size)
#define __bcount(size)
#define __ecount(size)
#define __reserved
#define __notnull
#define __maybenull
#define __nullterminated
#define __checkReturn
#define __success(condition)
#define __fallthrough
#elif defined(FLTSIM_DRIVER_UNIT)
#define IN
#define OUT
#define OPTIONAL
#endif
