using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Worker.Binding;

/// <summary>One argument that a task takes from the job.</summary>
abstract class TaskParameter
{
    readonly byte[] wireName;
    readonly byte[] otherName;

    protected TaskParameter(string clrName, string? name, Type type, bool nullable, bool required)
    {
        Name = name ?? WorkerJson.NameOf(clrName);
        Type = type;
        IsNullable = nullable;
        IsRequired = required;
        // The caller may use either spelling; comparing bytes spares a string for every key of every job
        wireName = Encoding.UTF8.GetBytes(Name);
        otherName = Encoding.UTF8.GetBytes(JsonNamingPolicy.CamelCase.ConvertName(clrName));
    }

    /// <summary>The name in kwargs, snake_case.</summary>
    public string Name { get; }
    public Type Type { get; }
    public bool IsNullable { get; }
    public bool IsRequired { get; }
    public string? Description { get; set; }
    public abstract object? DefaultValue { get; }

    public bool IsNamed(in JsonProperty property) => property.NameEquals(wireName) || property.NameEquals(otherName);

    public ArgumentsRefused Refuse(JsonElement came, string? where = null) =>
        new($"argument '{Name}'{where}: expected {JsonWords.Expected(Type, IsNullable)}, got {JsonWords.Came(came)}");
}

/// <summary>Reads one argument as its CLR type.</summary>
sealed class TaskParameter<T>(string clrName, string? name, bool nullable, bool required, T? defaultValue) :
    TaskParameter(clrName, name, typeof(T), nullable, required)
{
    readonly JsonTypeInfo<T> json = (JsonTypeInfo<T>)WorkerJson.Arguments.GetTypeInfo(typeof(T));

    public override object? DefaultValue => defaultValue;

    public T? Read(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined:
                return defaultValue;
            case JsonValueKind.Null when IsNullable:
                return default;
            case JsonValueKind.Null:
                throw Refuse(value);
        }
        try
        {
            return value.Deserialize(json);
        }
        catch (JsonException exception) when (exception.Path is { Length: > 1 } path)
        {
            throw new ArgumentsRefused($"argument '{Name}' at {path}: {exception.Message.Split(" Path:")[0]}");
        }
        catch (JsonException exception) when (value.ValueKind == JsonValueKind.Object && json.Kind == JsonTypeInfoKind.Object)
        {
            throw new ArgumentsRefused($"argument '{Name}': {exception.Message.Split(" Path:")[0]}");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or OverflowException)
        {
            throw Refuse(value);
        }
    }
}
