using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;

namespace JobSystem.Worker.Binding;

/// <summary>
/// Reads numbers by the rules of JSON Schema: 1.0 is an integer, and an integer may be a <see cref="BigInteger"/>. A number beyond the
/// range of its type is an error, not infinity.
/// </summary>
sealed class NumberConverters : JsonConverterFactory
{
    static readonly Type[] integers =
    [
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(Int128), typeof(UInt128), typeof(BigInteger),
    ];

    static readonly Type[] floats = [typeof(float), typeof(double), typeof(Half)];

    public static bool IsInteger(Type type) => integers.Contains(type);

    public static bool IsFloat(Type type) => floats.Contains(type);

    public override bool CanConvert(Type typeToConvert) => IsInteger(typeToConvert) || IsFloat(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options)
    {
        var converter = IsInteger(typeToConvert) ? typeof(IntegerConverter<>) : typeof(FloatConverter<>);
        return (JsonConverter)Activator.CreateInstance(converter.MakeGenericType(typeToConvert))!;
    }

    static ReadOnlySpan<byte> Text(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.Number ? throw new JsonException()
        : reader.HasValueSequence ? reader.ValueSequence.ToArray()
        : reader.ValueSpan;

    sealed class IntegerConverter<T> : JsonConverter<T> where T : struct, IBinaryInteger<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = Text(ref reader);
            return T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : Convert(text);
        }

        static T Convert(ReadOnlySpan<byte> text)
        {
            try
            {
                return JsonInteger.TryRead(text, out var integer) ? T.CreateChecked(integer) : throw new JsonException();
            }
            catch (OverflowException exception)
            {
                throw new JsonException(null, exception);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.ToString(null, CultureInfo.InvariantCulture));

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            T.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new JsonException();

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value.ToString(null, CultureInfo.InvariantCulture));
    }

    sealed class FloatConverter<T> : JsonConverter<T> where T : struct, IBinaryFloatingPointIeee754<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            T.TryParse(Text(ref reader), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? Finite(value)
                : throw new JsonException();

        static T Finite(T value) => T.IsFinite(value) ? value : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (T.IsFinite(value))
            {
                writer.WriteRawValue(value.ToString(null, CultureInfo.InvariantCulture));
            }
            else
            {
                // JSON has no representation of it
                writer.WriteNullValue();
            }
        }

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            T.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? Finite(value)
                : throw new JsonException();

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value.ToString(null, CultureInfo.InvariantCulture));
    }
}

/// <summary>For results: the serializer would write a BigInteger as an object.</summary>
sealed class BigIntegerWriter : JsonConverter<BigInteger>
{
    public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture));
}
