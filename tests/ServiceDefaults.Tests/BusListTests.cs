using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.ServiceDefaults.Bus;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Lists of bus messages: an item that cannot be read costs the others nothing.</summary>
public sealed class BusListTests
{
    readonly List<string> said = [];
    readonly JsonSerializerOptions json = new();

    public BusListTests() => json.Converters.Add(new BusListConverter(new Log(said)));

    [Theory]
    [InlineData("""[{"name":"a","count":1},{"name":"b","count":"x","more":{"deep":[1,[2]]}},{"name":"c","count":3}]""", "a c", "item 1: The JSON value could not be converted to System.Int32. Path: $.count")]
    [InlineData("""[null,7,"text",[{}],{"name":"c","count":3}]""", "c", "Skipped 4 unreadable items of a list of Item in a message; item 0: it is null")]
    [InlineData("""[{"count":1},{"name":"c"}]""", "c", "missing required properties including: 'name'")]
    [InlineData("""[{"name":"a","inner":[{"name":"b"},{"name":1},{"name":"c"}]}]""", "a(b c)", "item 1: The JSON value could not be converted to System.String. Path: $.name")]
    [InlineData("[]", "", null)]
    [InlineData("""[{"name":"a"},{"name":"b"}]""", "a b", null)]
    public void Read_UnreadableItems_AreLeftOutAndLogged(string list, string kept, string? log)
    {
        var message = JsonSerializer.Deserialize<Message>($$"""{"items":{{list}},"after":true}""", json)!;
        Assert.Equal(kept, string.Join(' ', message.Items.Select(x => x.Show())));
        Assert.True(message.After);
        Assert.Equal(log is null ? 0 : 1, said.Count);
        Assert.Contains(log ?? "", said.SingleOrDefault() ?? "", StringComparison.Ordinal);
        Assert.Equal(kept,
            string.Join(' ', JsonSerializer.Deserialize<Message>(JsonSerializer.Serialize(message, json))!.Items.Select(x => x.Show())));
    }

    [Theory]
    [InlineData("""{"items":{"name":"a"}}""")]
    [InlineData("""{"items":"a"}""")]
    [InlineData("""{"items":[],"texts":["a",7]}""")]
    [InlineData("""{"items":[{"name":"a"}""")]
    public void Read_NoListOfObjects_IsRefusedAsAWhole(string message) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Message>(message, json));

    sealed class Log(List<string> said) : ILogger<BusListConverter>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            said.Add(formatter(state, exception));
    }

    sealed record Message
    {
        [JsonPropertyName("items")]
        public required IReadOnlyList<Item> Items { get; init; }

        [JsonPropertyName("texts")]
        public IReadOnlyList<string>? Texts { get; init; }

        [JsonPropertyName("after")]
        public bool After { get; init; }
    }

    sealed record Item
    {
        [JsonPropertyName("name")]
        public required string Name { get; init; }

        [JsonPropertyName("count")]
        public int Count { get; init; }

        [JsonPropertyName("inner")]
        public IReadOnlyList<Item>? Inner { get; init; }

        public string Show() => Inner is null ? Name : $"{Name}({string.Join(' ', Inner.Select(x => x.Show()))})";
    }
}
