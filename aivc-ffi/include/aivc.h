/* libaivc: a neural video codec. Generated from the Rust sources of aivc-ffi; do not edit.
 * The manual, with a first program, is docs/c.md.
 *
 * Calls return an AivcStatus: 0 and above say what was done, below 0 what went wrong, and
 * aivc_last_error_message() says it in words.
 *
 * Pointers are valid or NULL; NULL where it is not allowed gives AIVC_STATUS_NULL_POINTER. Texts
 * are UTF-8 and end in NUL; paths are what the operating system takes. After a failure, handles
 * that a call should have made are NULL.
 *
 * Structs that begin with `struct_size` are told apart by it: the caller sets it to the `sizeof` of
 * the struct, and the functions that end in _init do so; the library compares it with its own.
 *
 * Handles may be used from any thread, by one call at a time: a call on a handle that is at work in
 * another thread, or in whose callback it is made, gives AIVC_STATUS_BUSY and does nothing.
 * AivcModel and AivcEvaluation never change and may be used by several calls at once. A handle is
 * freed once, when no call uses it or is about to. Callbacks run in the thread of the call that they
 * belong to; they must return to it (no longjmp, no exceptions).
 */


#ifndef AIVC_H
#define AIVC_H

#include <stddef.h>
#include <stdint.h>

/**
 * Version of this interface. It changes when programs have to be compiled anew.
 */
#define AIVC_ABI_VERSION 1

/**
 * Room for the path of a weights file, with the NUL at its end.
 */
#define AIVC_PATH_CAPACITY 4096

/**
 * What became of a call: 0 and above is what it did, below 0 why it did not.
 */
enum AivcStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done.
     */
    AIVC_STATUS_OK = 0,
    /**
     * There is no frame any more: the stream is over.
     */
    AIVC_STATUS_END = 1,
    /**
     * Done, but the stream is damaged or cut off: frames that were lost are repetitions of the
     * frame before.
     */
    AIVC_STATUS_REPAIRED = 2,
    /**
     * A pointer is NULL that must not be.
     */
    AIVC_STATUS_NULL_POINTER = -1,
    /**
     * A value is out of its range, a name is unknown, a text is not UTF-8.
     */
    AIVC_STATUS_INVALID_ARGUMENT = -2,
    /**
     * A struct has another size than in this library: `struct_size` is not set, or program and
     * library are of different versions.
     */
    AIVC_STATUS_STRUCT_SIZE = -3,
    /**
     * The program was compiled for another ABI version.
     */
    AIVC_STATUS_ABI_VERSION = -4,
    /**
     * A buffer of the caller is too small, or its stride.
     */
    AIVC_STATUS_BUFFER_SIZE = -5,
    /**
     * The call does not fit the state that the handle is in: a frame for a finished encoder, a
     * frame of a closed decoder.
     */
    AIVC_STATUS_OUT_OF_ORDER = -6,
    /**
     * The handle is at work in another call.
     */
    AIVC_STATUS_BUSY = -7,
    /**
     * A callback asked to stop.
     */
    AIVC_STATUS_CANCELLED = -8,
    /**
     * A reading or writing callback failed.
     */
    AIVC_STATUS_CALLBACK = -9,
    /**
     * A file could not be opened, read or written.
     */
    AIVC_STATUS_IO = -10,
    /**
     * The stream is damaged here, or is none.
     */
    AIVC_STATUS_DAMAGED = -11,
    /**
     * The stream or video needs something that this version does not do.
     */
    AIVC_STATUS_UNSUPPORTED = -12,
    /**
     * A model is unknown, not the one that the stream needs, or its weights are refused.
     */
    AIVC_STATUS_MODEL = -13,
    /**
     * A video or picture file is damaged, or of a kind that cannot be read or written.
     */
    AIVC_STATUS_VIDEO = -14,
    /**
     * The two videos cannot be compared.
     */
    AIVC_STATUS_EVALUATION = -15,
    /**
     * The recipe is refused, or the run failed.
     */
    AIVC_STATUS_TRAINING = -16,
    /**
     * An error within the library: please report it. The handle in use is of no more use, other
     * than to be freed.
     */
    AIVC_STATUS_INTERNAL = -99,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcStatus AivcStatus;
#else
typedef int32_t AivcStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a picture is divided into planes.
 */
enum AivcPixelFormat
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Y, then Cb, then Cr, each of these with half the width and half the height, rounded up.
     */
    AIVC_PIXEL_FORMAT_YUV420 = 1,
    /**
     * Red, green and blue, all of full size.
     */
    AIVC_PIXEL_FORMAT_RGB = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcPixelFormat AivcPixelFormat;
#else
typedef uint32_t AivcPixelFormat;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What aivc_decode_file does about a damaged packet.
 */
enum AivcDamageResponse
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Repeats the frame before, and goes on; the call gives AIVC_STATUS_REPAIRED.
     */
    AIVC_DAMAGE_RESPONSE_REPEAT = 0,
    /**
     * Ends with AIVC_STATUS_DAMAGED, without a video.
     */
    AIVC_DAMAGE_RESPONSE_STOP = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcDamageResponse AivcDamageResponse;
#else
typedef uint32_t AivcDamageResponse;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What became of the index at a stream's end.
 */
enum AivcIndexStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The end has not been reached.
     */
    AIVC_INDEX_STATUS_NOT_REACHED = 0,
    /**
     * It is whole: no byte of the stream is missing.
     */
    AIVC_INDEX_STATUS_COMPLETE = 1,
    /**
     * The stream ends without one: it was cut off, or is still being written.
     */
    AIVC_INDEX_STATUS_MISSING = 2,
    /**
     * It is damaged, or bytes before it were lost or added.
     */
    AIVC_INDEX_STATUS_DAMAGED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcIndexStatus AivcIndexStatus;
#else
typedef uint32_t AivcIndexStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether a run begins or goes on.
 */
enum AivcTrainingStart
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Fresh weights; the recipe's output folder must not hold a run.
     */
    AIVC_TRAINING_START_SCRATCH = 0,
    /**
     * The last checkpoint in the output folder.
     */
    AIVC_TRAINING_START_CHECKPOINT = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcTrainingStart AivcTrainingStart;
#else
typedef uint32_t AivcTrainingStart;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an AivcTrainingEvent tells.
 */
enum AivcTrainingEventKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The run starts or goes on after `step` steps: `parameters` and `pictures` are known.
     */
    AIVC_TRAINING_EVENT_KIND_STARTED = 0,
    /**
     * Step `step` is done.
     */
    AIVC_TRAINING_EVENT_KIND_STEPPED = 1,
    /**
     * Means over the steps since the last such event: `loss` to `elapsed_seconds`.
     */
    AIVC_TRAINING_EVENT_KIND_MEANS = 2,
    /**
     * Step `step` was left out, as its gradient is not finite.
     */
    AIVC_TRAINING_EVENT_KIND_SKIPPED = 3,
    /**
     * Validation with real streams: `points`.
     */
    AIVC_TRAINING_EVENT_KIND_VALIDATION = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum AivcTrainingEventKind AivcTrainingEventKind;
#else
typedef uint32_t AivcTrainingEventKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Gives the frames of a stream.
 */
typedef struct AivcDecoder AivcDecoder;

/**
 * Codes the frames of one video into a stream.
 */
typedef struct AivcEncoder AivcEncoder;

/**
 * The outcome of an evaluation. Never changes: threads may share it.
 */
typedef struct AivcEvaluation AivcEvaluation;

/**
 * Weights on a backend, ready to code. Never changes: sessions and threads may share it, and it
 * may be freed while sessions that were made with it go on.
 */
typedef struct AivcModel AivcModel;

/**
 * Parameters of a decoder.
 */
typedef struct {
    /**
     * `sizeof(AivcDecoderConfig)`.
     */
    size_t struct_size;
    /**
     * The model that the stream was coded with; NULL to take the built-in one that it names.
     */
    const AivcModel *model;
    /**
     * What computes, if `model` is NULL: a backend of the build, or NULL for the default.
     */
    const char *backend;
} AivcDecoderConfig;

/**
 * Reads up to `capacity` bytes of a stream into `buffer` and stores their number in `*bytes_read`,
 * 0 at the end. Returns 0, or anything else if reading failed.
 */
typedef int32_t (*AivcReadCallback)(void *user,
                                    uint8_t *buffer,
                                    size_t capacity,
                                    size_t *bytes_read);

/**
 * What is the same for all frames of a video.
 */
typedef struct {
    /**
     * `sizeof(AivcVideoFormat)`.
     */
    size_t struct_size;
    /**
     * Pixels in a row, 1 to 16384.
     */
    uint32_t width;
    /**
     * Rows, 1 to 16384.
     */
    uint32_t height;
    /**
     * An AivcPixelFormat.
     */
    uint32_t pixel_format;
    /**
     * Bits of a sample: 8, a byte a sample, or 10, a uint16_t a sample, 0 to 1023.
     */
    uint32_t bit_depth;
    /**
     * Frames in so many seconds ...
     */
    uint32_t frame_rate_numerator;
    /**
     * ... as this says: 30000 and 1001, or 25 and 1.
     */
    uint32_t frame_rate_denominator;
    /**
     * Chromaticities, a code point of ITU-T H.273; 2 is unspecified, 1 is BT.709.
     */
    uint8_t color_primaries;
    /**
     * Transfer characteristics, a code point of ITU-T H.273.
     */
    uint8_t transfer_characteristics;
    /**
     * Matrix coefficients, a code point of ITU-T H.273.
     */
    uint8_t matrix_coefficients;
    /**
     * 0 for limited range (luma 16 to 235), 1 for full range.
     */
    uint8_t full_range;
} AivcVideoFormat;

/**
 * A picture in buffers of the caller.
 */
typedef struct {
    /**
     * `sizeof(AivcFrame)`.
     */
    size_t struct_size;
    /**
     * First sample of each plane: Y, Cb, Cr or R, G, B. The encoder reads them, the decoder
     * writes them; neither keeps them.
     */
    void *planes[3];
    /**
     * Bytes from a row to the next one, at least those of a row's samples.
     */
    size_t strides[3];
    /**
     * Bytes of each buffer.
     */
    size_t sizes[3];
    /**
     * When the picture is shown, in frames from the start: 0, 1, 2 ... for a video without gaps.
     */
    int64_t presentation_ticks;
} AivcFrame;

/**
 * What was decoded so far.
 */
typedef struct {
    /**
     * `sizeof(AivcDecodeSummary)`.
     */
    size_t struct_size;
    /**
     * Frames given out, repeated ones included.
     */
    uint64_t frames;
    /**
     * Frames that were lost and replaced by the one before; always 0 for an AivcDecoder.
     */
    uint64_t repeated;
    /**
     * Damaged stretches of the stream: packets, as far as they can be told apart.
     */
    uint64_t damaged;
    /**
     * Bytes of all payloads.
     */
    uint64_t payload_bytes;
    /**
     * Seconds in the codec, without reading and writing.
     */
    double codec_seconds;
    /**
     * An AivcIndexStatus.
     */
    uint32_t index_status;
} AivcDecodeSummary;

/**
 * Parameters of an encoder.
 */
typedef struct {
    /**
     * `sizeof(AivcEncoderConfig)`.
     */
    size_t struct_size;
    /**
     * Quality level, from 0 (smallest) to 63 (best). Keyframes that others are predicted from are up to 16
     * levels better.
     */
    uint32_t quality;
    /**
     * Most frames from one keyframe to the next, at least 1, for models that predict; others code
     * keyframes only.
     */
    uint32_t keyframe_interval;
    /**
     * Bits a second that the stream is to reach, in place of a constant quality; 0 for none.
     */
    double bits_per_second;
    /**
     * Mean PSNR in dB, planes weighted 6:1:1, that the stream is to reach; 0 for none. At most one
     * of both is given.
     */
    double psnr;
    /**
     * Not 0: no keyframes where scenes change.
     */
    uint32_t no_scene_cuts;
    /**
     * How long to search for latents that take fewer bits, from 0 (not at all) to 9. Decoders do not
     * notice. Models of the family hyperprior search; others code as with 0.
     */
    uint32_t effort;
    /**
     * Frames that the encoder knows beyond the one that it codes: models that predict spend bits where these
     * profit. Packets come that much later; 0 gives a packet at once, 40 is good for files.
     */
    uint32_t lookahead;
} AivcEncoderConfig;

/**
 * Takes `size` bytes of a stream, in order; called several times a frame. Returns 0, or anything
 * else if writing failed.
 */
typedef int32_t (*AivcWriteCallback)(void *user, const uint8_t *data, size_t size);

/**
 * Choices of an evaluation.
 */
typedef struct {
    /**
     * `sizeof(AivcEvaluationOptions)`.
     */
    size_t struct_size;
    /**
     * Compares only so many frames from the start; 0 for all.
     */
    uint64_t frame_limit;
    /**
     * Times the encoder on up to so many frames of the reference, which are held in memory.
     */
    uint32_t timed_encodings;
} AivcEvaluationOptions;

/**
 * How far a call is.
 */
typedef struct {
    /**
     * Size of this struct.
     */
    size_t struct_size;
    /**
     * Frames done.
     */
    uint64_t frames;
    /**
     * Frames there will be, 0 if that is not known.
     */
    uint64_t frames_expected;
    /**
     * Bytes so far: of the stream when encoding, of payloads when decoding, 0 when evaluating.
     */
    uint64_t bytes;
    /**
     * Seconds in the codec, without reading and writing; 0 when evaluating.
     */
    double codec_seconds;
} AivcProgress;

/**
 * Is told how far a call is, after every frame. Returns 0 to go on; anything else ends the call
 * with AIVC_STATUS_CANCELLED.
 */
typedef int32_t (*AivcProgressCallback)(void *user, const AivcProgress *progress);

/**
 * Quality of a picture, or means over pictures.
 */
typedef struct {
    /**
     * Peak signal-to-noise ratio of each plane (Y, Cb, Cr or R, G, B) in dB, at most 100.
     */
    double psnr_planes[3];
    /**
     * Of all planes, in dB: (6 Y + Cb + Cr) / 8 of a 4:2:0 reference, that of the mean squared
     * error of an RGB one.
     */
    double psnr;
    /**
     * SSIM of the lumas; NaN for pictures that are too small.
     */
    double ssim;
    /**
     * MS-SSIM of the lumas; NaN for pictures that are too small.
     */
    double ms_ssim;
} AivcPictureQuality;

/**
 * Rate, quality and speed of a coded video.
 */
typedef struct {
    /**
     * `sizeof(AivcEvaluationSummary)`.
     */
    size_t struct_size;
    /**
     * Frames compared.
     */
    uint64_t frames;
    /**
     * Bytes of the file, or of the payloads alone if only a part of it was compared; 0 if the rate
     * is not known.
     */
    uint64_t bytes;
    /**
     * Bytes of an .aivc stream's payloads; 0 for other videos.
     */
    uint64_t payload_bytes;
    /**
     * Bits per luma pixel; NaN if the rate is not known.
     */
    double bits_per_pixel;
    /**
     * Bits per second of video; NaN if the rate is not known.
     */
    double bits_per_second;
    /**
     * Means over the frames.
     */
    AivcPictureQuality quality;
    /**
     * Frames a second of the decoder, from payload to frame; NaN if not measured.
     */
    double decode_frames_per_second;
    /**
     * Frames a second of the encoder, from frame to payload; NaN if not measured.
     */
    double encode_frames_per_second;
} AivcEvaluationSummary;

/**
 * One frame of an evaluation.
 */
typedef struct {
    /**
     * `sizeof(AivcFrameEvaluation)`.
     */
    size_t struct_size;
    /**
     * Its number, from 0.
     */
    uint64_t frame;
    /**
     * Bytes of its payload; 0 for other videos than .aivc streams.
     */
    uint64_t payload_bytes;
    /**
     * Its quality.
     */
    AivcPictureQuality quality;
} AivcFrameEvaluation;

/**
 * What aivc_encode_file did.
 */
typedef struct {
    /**
     * `sizeof(AivcEncodeSummary)`.
     */
    size_t struct_size;
    /**
     * Frames coded.
     */
    uint64_t frames;
    /**
     * Bytes of the stream.
     */
    uint64_t bytes;
    /**
     * Seconds in the codec, without reading and writing.
     */
    double codec_seconds;
    /**
     * Seconds of video.
     */
    double duration_seconds;
} AivcEncodeSummary;

/**
 * A model that is part of the library.
 */
typedef struct {
    /**
     * `sizeof(AivcBuiltinModel)`.
     */
    size_t struct_size;
    /**
     * The name to open it by.
     */
    char name[72];
    /**
     * The codec family.
     */
    char family[32];
    /**
     * What it is, in a line.
     */
    char description[128];
    /**
     * The hash of its weights that streams name, in hexadecimal digits.
     */
    char weights_hash[72];
    /**
     * Bytes of its weights file.
     */
    uint64_t weights_bytes;
    /**
     * Number of parameters.
     */
    uint64_t parameters;
    /**
     * Quality levels: 64, or 1 if the weights fix the rate.
     */
    uint32_t quality_levels;
    /**
     * Thousands of multiplications that encoding costs a pixel.
     */
    double encoder_kmac_per_pixel;
    /**
     * Thousands of multiplications that decoding costs a pixel.
     */
    double decoder_kmac_per_pixel;
} AivcBuiltinModel;

/**
 * What a model says of itself.
 */
typedef struct {
    /**
     * `sizeof(AivcModelProperties)`.
     */
    size_t struct_size;
    /**
     * Its name.
     */
    char name[72];
    /**
     * The hash of its weights that streams name, in hexadecimal digits.
     */
    char weights_hash[72];
    /**
     * What computes it, as "flex".
     */
    char backend[32];
} AivcModelProperties;

/**
 * Choices of a training run that are not in its recipe.
 */
typedef struct {
    /**
     * `sizeof(AivcTrainingOptions)`.
     */
    size_t struct_size;
    /**
     * What computes: a backend of the build, or NULL for the default.
     */
    const char *backend;
    /**
     * An AivcTrainingStart.
     */
    uint32_t start;
} AivcTrainingOptions;

/**
 * Rate and distortion at one quality, means over the validation pictures.
 */
typedef struct {
    /**
     * Quality level.
     */
    uint32_t quality;
    /**
     * Bits per pixel.
     */
    double bits_per_pixel;
    /**
     * RGB PSNR in dB.
     */
    double psnr;
} AivcValidationPoint;

/**
 * News of a training run. Fields that `kind` does not name are 0 or NULL.
 */
typedef struct {
    /**
     * Size of this struct.
     */
    size_t struct_size;
    /**
     * An AivcTrainingEventKind.
     */
    uint32_t kind;
    /**
     * Steps done.
     */
    uint64_t step;
    /**
     * Steps of the run.
     */
    uint64_t steps;
    /**
     * Parameters of the network.
     */
    uint64_t parameters;
    /**
     * Training pictures.
     */
    uint64_t pictures;
    /**
     * Loss.
     */
    double loss;
    /**
     * Estimated bits per pixel.
     */
    double bits_per_pixel;
    /**
     * PSNR of the mean squared error, in dB.
     */
    double psnr;
    /**
     * Norm of the gradient before clipping.
     */
    double gradient_norm;
    /**
     * Learning rate of the last step.
     */
    double learning_rate;
    /**
     * Pictures a second.
     */
    double samples_per_second;
    /**
     * Seconds that the run has had, over all resumptions.
     */
    double elapsed_seconds;
    /**
     * Points of a validation, one a quality. They live until the callback returns.
     */
    const AivcValidationPoint *points;
    /**
     * How many.
     */
    size_t point_count;
} AivcTrainingEvent;

/**
 * Is told how a training run goes. Returns 0 to go on; anything else ends the run after the step
 * at hand, with a checkpoint.
 */
typedef int32_t (*AivcTrainingCallback)(void *user, const AivcTrainingEvent *event);

/**
 * How a training run ended.
 */
typedef struct {
    /**
     * `sizeof(AivcTrainingSummary)`.
     */
    size_t struct_size;
    /**
     * Steps done.
     */
    uint64_t step;
    /**
     * Steps of the run.
     */
    uint64_t steps;
    /**
     * Seconds that the run has had, over all resumptions.
     */
    double elapsed_seconds;
    /**
     * The weights file, ready for aivc_model_open; empty if its path is longer than this.
     */
    char weights_path[AIVC_PATH_CAPACITY];
} AivcTrainingSummary;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets up a configuration: the built-in model that the stream names, on the default backend.
 * `struct_size` is `sizeof(AivcDecoderConfig)`.
 */
AivcStatus aivc_decoder_config_init(AivcDecoderConfig *config, size_t struct_size);

/**
 * Opens a stream in a file. `config` may be NULL for the defaults.
 */
AivcStatus aivc_decoder_open_file(const char *stream_path,
                                  const AivcDecoderConfig *config,
                                  AivcDecoder **decoder);

/**
 * Opens a stream in memory. The bytes are copied. `config` may be NULL for the defaults.
 */
AivcStatus aivc_decoder_open_memory(const uint8_t *data,
                                    size_t size,
                                    const AivcDecoderConfig *config,
                                    AivcDecoder **decoder);

/**
 * Opens a stream whose bytes `read` gives, from the start and in order, when they are needed; this
 * call reads the header. `user` is handed to it. `config` may be NULL for the defaults.
 */
AivcStatus aivc_decoder_open_callback(AivcReadCallback read,
                                      void *user,
                                      const AivcDecoderConfig *config,
                                      AivcDecoder **decoder);

/**
 * Says what the frames are like. `format->struct_size` must be set.
 */
AivcStatus aivc_decoder_format(const AivcDecoder *decoder, AivcVideoFormat *format);

/**
 * Stores the next frame in the buffers of `frame`, and its time. AIVC_STATUS_END after the last
 * one. AIVC_STATUS_DAMAGED if a frame is lost: the next call goes on after it, and the buffers are
 * as they were, so that showing them again repeats the frame before. After other failures of the
 * stream, as AIVC_STATUS_IO or AIVC_STATUS_CALLBACK, the decoder is closed. Buffers that do not fit
 * change nothing.
 */
AivcStatus aivc_decoder_next_frame(AivcDecoder *decoder,
                                   AivcFrame *frame);

/**
 * Says what was decoded so far, of a closed decoder too. `summary->struct_size` must be set.
 */
AivcStatus aivc_decoder_summary(const AivcDecoder *decoder, AivcDecodeSummary *summary);

/**
 * Lets go of the stream: its file is closed, its callback is not called any more. The decoder
 * gives no more frames and is still to be freed.
 */
AivcStatus aivc_decoder_close(AivcDecoder *decoder);

/**
 * Frees a decoder. NULL is nothing to free.
 */
AivcStatus aivc_decoder_free(AivcDecoder *decoder);

/**
 * Sets up a configuration: quality 32, effort 0, a keyframe every 64 frames, no lookahead. `struct_size` is
 * `sizeof(AivcEncoderConfig)`.
 */
AivcStatus aivc_encoder_config_init(AivcEncoderConfig *config,
                                    size_t struct_size);

/**
 * Starts a stream in a file, which gets its name when the encoder is finished: an encoder that is
 * freed before leaves nothing. `config` may be NULL for the defaults.
 */
AivcStatus aivc_encoder_open_file(const char *stream_path,
                                  const AivcModel *model,
                                  const AivcVideoFormat *format,
                                  const AivcEncoderConfig *config,
                                  AivcEncoder **encoder);

/**
 * Starts a stream in memory; aivc_encoder_bytes gives it. `config` may be NULL for the defaults.
 */
AivcStatus aivc_encoder_open_memory(const AivcModel *model,
                                    const AivcVideoFormat *format,
                                    const AivcEncoderConfig *config,
                                    AivcEncoder **encoder);

/**
 * Starts a stream whose bytes `write` takes as they come; nothing is written again or looked back
 * at. `user` is handed to it. `config` may be NULL for the defaults.
 */
AivcStatus aivc_encoder_open_callback(AivcWriteCallback write,
                                      void *user,
                                      const AivcModel *model,
                                      const AivcVideoFormat *format,
                                      const AivcEncoderConfig *config,
                                      AivcEncoder **encoder);

/**
 * Changes the quality from the next frame on: 0 to 63.
 */
AivcStatus aivc_encoder_set_quality(AivcEncoder *encoder, uint32_t quality);

/**
 * Codes a picture of the encoder's format and writes it to the stream. If it cannot be written,
 * as AIVC_STATUS_CALLBACK and AIVC_STATUS_IO say, the encoder takes no more calls but to be freed;
 * a picture that is refused changes nothing.
 */
AivcStatus aivc_encoder_send_frame(AivcEncoder *encoder,
                                   const AivcFrame *frame);

/**
 * Ends the stream: writes its index, and gives a file its name. The encoder takes no more frames.
 */
AivcStatus aivc_encoder_finish(AivcEncoder *encoder);

/**
 * The stream of a finished encoder that was opened with aivc_encoder_open_memory. The bytes belong
 * to the encoder and live until it is freed.
 */
AivcStatus aivc_encoder_bytes(const AivcEncoder *encoder,
                              const uint8_t **data,
                              size_t *size);

/**
 * Frees an encoder. One that is not finished leaves no file. NULL is nothing to free.
 */
AivcStatus aivc_encoder_free(AivcEncoder *encoder);

/**
 * Sets up options: all frames, and the encoder timed on 8 of them. `struct_size` is
 * `sizeof(AivcEvaluationOptions)`.
 */
AivcStatus aivc_evaluation_options_init(AivcEvaluationOptions *options, size_t struct_size);

/**
 * Decodes an .aivc stream and compares it with the video that it was coded from. `config` and
 * `options` may be NULL for the defaults, `progress` for none.
 */
AivcStatus aivc_evaluate_stream(const char *reference_path,
                                const char *stream_path,
                                const AivcDecoderConfig *config,
                                const AivcEvaluationOptions *options,
                                AivcProgressCallback progress,
                                void *user,
                                AivcEvaluation **evaluation);

/**
 * Compares a video file of any codec with its original: both must have as many frames, or as many
 * as `options` asks for. `options` may be NULL for the defaults, `progress` for none.
 */
AivcStatus aivc_evaluate_video(const char *reference_path,
                               const char *video_path,
                               const AivcEvaluationOptions *options,
                               AivcProgressCallback progress,
                               void *user,
                               AivcEvaluation **evaluation);

/**
 * The figures of a whole clip. `summary->struct_size` must be set.
 */
AivcStatus aivc_evaluation_summary(const AivcEvaluation *evaluation,
                                   AivcEvaluationSummary *summary);

/**
 * The figures of frame `index`, from 0; AIVC_STATUS_END past the last one. `frame->struct_size`
 * must be set.
 */
AivcStatus aivc_evaluation_frame(const AivcEvaluation *evaluation,
                                 size_t index,
                                 AivcFrameEvaluation *frame);

/**
 * All figures, with notes on how they are to be understood, as JSON: what `aivc eval --json`
 * prints. The text belongs to the evaluation and lives until it is freed.
 */
AivcStatus aivc_evaluation_json(const AivcEvaluation *evaluation, const char **json);

/**
 * Frees an evaluation. NULL is nothing to free.
 */
AivcStatus aivc_evaluation_free(AivcEvaluation *evaluation);

/**
 * Codes a video file: .y4m, .png, .jpg, a folder of pictures, a pattern as frame_%04d.png, or
 * anything that an ffmpeg program on the path reads. `model` and `config` may be NULL for the
 * defaults, `progress` for none. `summary` may be NULL; its `struct_size` must be set. The stream
 * gets its name when it is complete.
 */
AivcStatus aivc_encode_file(const char *video_path,
                            const char *stream_path,
                            const AivcModel *model,
                            const AivcEncoderConfig *config,
                            AivcProgressCallback progress,
                            void *user,
                            AivcEncodeSummary *summary);

/**
 * Decodes a stream into a video file: .y4m, .yuv, .png or a pattern as frame_%04d.png, or, by an
 * ffmpeg program on the path, .mkv, .mp4, .mov and .webm, all without loss. `damage` is an
 * AivcDamageResponse. `config` may be NULL for the defaults, `progress` for none. `summary` may be
 * NULL; its `struct_size` must be set. A video gets its name when it is complete.
 */
AivcStatus aivc_decode_file(const char *stream_path,
                            const char *video_path,
                            const AivcDecoderConfig *config,
                            uint32_t damage,
                            AivcProgressCallback progress,
                            void *user,
                            AivcDecodeSummary *summary);

/**
 * Fills in the smallest strides and sizes of buffers for pictures of a format, so that the caller
 * can allocate them; the planes are NULL. `frame->struct_size` must be set.
 */
AivcStatus aivc_frame_layout(const AivcVideoFormat *format, AivcFrame *frame);

/**
 * The AIVC_ABI_VERSION of the library at run time.
 */
uint32_t aivc_abi_version(void);

/**
 * Compares the version that a program was compiled for, AIVC_ABI_VERSION, with that of the
 * library: AIVC_STATUS_ABI_VERSION if the library does not serve it.
 */
AivcStatus aivc_check_abi(uint32_t version);

/**
 * The library's version, as "0.1.0".
 */
const char *aivc_version(void);

/**
 * What went wrong in this thread's last call, in a line or more of UTF-8; empty if nothing did.
 * Never NULL. Valid until the thread's next call that returns a status.
 */
const char *aivc_last_error_message(void);

/**
 * The name of a status, as "AIVC_STATUS_OK"; "AIVC_STATUS_?" for a number that is none. Lives as
 * long as the library.
 */
const char *aivc_status_name(int32_t status);

/**
 * Sets the number of CPU threads that the library computes with, 1 to 1024, for the whole program;
 * without it there is one a core. Streams and frames do not depend on it. Must come before
 * anything is coded: AIVC_STATUS_OUT_OF_ORDER afterwards, and the second time.
 */
AivcStatus aivc_set_thread_count(uint32_t threads);

/**
 * The number of built-in models, at least 1. The first one is the default.
 */
AivcStatus aivc_builtin_model_count(size_t *count);

/**
 * Describes built-in model `index`, from 0. `model->struct_size` must be set.
 */
AivcStatus aivc_builtin_model(size_t index, AivcBuiltinModel *model);

/**
 * Opens a built-in model by name, or else a weights file by path; NULL is the default model.
 * `backend` says what computes: "flex" (the default, also for NULL), or another one that is part
 * of the build.
 */
AivcStatus aivc_model_open(const char *name, const char *backend, AivcModel **model);

/**
 * Opens a model whose weights file is in memory; the bytes are not needed any more afterwards.
 */
AivcStatus aivc_model_from_memory(const uint8_t *weights,
                                  size_t size,
                                  const char *backend,
                                  AivcModel **model);

/**
 * Says what a model is. `properties->struct_size` must be set.
 */
AivcStatus aivc_model_properties(const AivcModel *model, AivcModelProperties *properties);

/**
 * Frees a model. NULL is nothing to free.
 */
AivcStatus aivc_model_free(AivcModel *model);

/**
 * Sets up options: a run from scratch on the default backend. `struct_size` is
 * `sizeof(AivcTrainingOptions)`.
 */
AivcStatus aivc_training_options_init(AivcTrainingOptions *options, size_t struct_size);

/**
 * Trains a model by a TOML recipe. Its output folder gets the weights, a log, a plot and
 * checkpoints. Returns when the run is over; AIVC_STATUS_CANCELLED, with a checkpoint and weights
 * written, if `callback` ended it. `options` may be NULL for the defaults, `callback` for none.
 * `summary` may be NULL; its `struct_size` must be set, and it is filled after AIVC_STATUS_OK and
 * AIVC_STATUS_CANCELLED.
 */
AivcStatus aivc_train(const char *recipe_path,
                      const AivcTrainingOptions *options,
                      AivcTrainingCallback callback,
                      void *user,
                      AivcTrainingSummary *summary);

/**
 * Sets up a format: 8-bit 4:2:0 at 25 frames a second, colours unspecified, limited range. Width
 * and height are 0, and are to be set. `struct_size` is `sizeof(AivcVideoFormat)`.
 */
AivcStatus aivc_video_format_init(AivcVideoFormat *format, size_t struct_size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AIVC_H */
