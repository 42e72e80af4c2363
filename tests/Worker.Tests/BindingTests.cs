using System.ComponentModel;
using System.Numerics;
using JobSystem.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

public sealed class BindingTests
{
    public enum Colour
    {
        Red,
        DeepBlue,
    }

    public sealed record Order(int OrderId, string? Note, IReadOnlyList<string> Lines);

    public sealed record Upload(byte[] Content, TimeSpan Patience, Uri? From);

    sealed class Greeter
    {
        public string Greet(string name) => $"Hello, {name}";
    }

    static readonly Dictionary<string, Delegate> handlers = new()
    {
        ["two"] = (string to, int count) => $"{to}:{count}",
        ["optional"] = (string to, string subject = "none", int times = 2) => $"{to}:{subject}:{times}",
        ["nullable"] = (string? to, int? count) => $"{to ?? "-"}:{count?.ToString() ?? "-"}",
        ["camel"] = (string messageId) => messageId,
        ["types"] = (bool yes, double number, long big, Guid id, DateTimeOffset at) => $"{yes} {number} {big} {id} {at:O}",
        ["colour"] = (Colour colour = Colour.DeepBlue) => colour.ToString(),
        ["order"] = (Order order) => $"{order.OrderId}:{order.Note ?? "-"}:{string.Join("+", order.Lines)}",
        ["list"] = (int[] numbers) => numbers.Sum(),
        ["map"] = (Dictionary<string, int> sizes) => sizes.Values.Sum(),
        ["numbers"] = (long whole, double number, BigInteger big) => $"{whole} {number} {big}",
        ["single"] = (float number) => $"{number}",
        ["keyed"] = (Dictionary<int, double> map) => string.Join("+", map.Select(x => $"{x.Key}:{x.Value}")),
        ["bytes"] = (Upload upload) => $"{upload.Content.Length}",
        ["none"] = () => "nothing",
        ["token"] = (string a, CancellationToken ct, TaskContext job, ILogger logger) => $"{a}:{ct.CanBeCanceled}:{job.Attempt}:{logger is not null}",
    };

    [Theory]
    [InlineData("two", """["a", 5]""", null, "a:5")]
    [InlineData("two", null, """{"to": "a", "count": 5}""", "a:5")]
    [InlineData("two", """["a"]""", """{"count": 5}""", "a:5")]
    [InlineData("optional", """["a"]""", null, "a:none:2")]
    [InlineData("optional", """["a"]""", """{"times": 9}""", "a:none:9")]
    [InlineData("nullable", null, null, "-:-")]
    [InlineData("nullable", """[null, null]""", null, "-:-")]
    [InlineData("nullable", null, """{"count": 3}""", "-:3")]
    [InlineData("camel", null, """{"message_id": "x"}""", "x")]
    [InlineData("camel", null, """{"messageId": "x"}""", "x")]
    [InlineData("colour", null, null, "DeepBlue")]
    [InlineData("colour", """["red"]""", null, "Red")]
    [InlineData("colour", """["deep_blue"]""", null, "DeepBlue")]
    [InlineData("order", """[{"order_id": 1, "lines": ["a", "b"]}]""", null, "1:-:a+b")]
    [InlineData("numbers", "[1.0, 1e2, 5]", null, "1 100 5")]
    [InlineData("numbers", "[12e3, -0.0, 123456789012345678901234567890]", null, "12000 -0 123456789012345678901234567890")]
    [InlineData("numbers", "[9223372036854775807.000, 1.5, -1e30]", null, "9223372036854775807 1.5 -1000000000000000000000000000000")]
    [InlineData("keyed", """[{"1": 2, "-3": 0.5}]""", null, "1:2+-3:0.5")]
    [InlineData("none", "[]", "{}", "nothing")]
    [InlineData("token", """["x"]""", null, "x:False:1:True")]
    [InlineData("types", """[true, 1.5, 9007199254740993, "0198c9b2-0000-7000-8000-000000000000", "2030-01-02T03:04:05Z"]""", null,
        "True 1.5 9007199254740993 0198c9b2-0000-7000-8000-000000000000 2030-01-02T03:04:05.0000000+00:00")]
    public async Task Run_FittingArguments_ReachTheHandler(string handler, string? args, string? kwargs, string expected)
    {
        var report = await Calls.Run(x => x.MapTask("task", handlers[handler]), args, kwargs);
        Assert.Equal(AttemptStep.Completed, report.Step);
        Assert.Equal(expected, report.Result?.GetString());
    }

    [Theory]
    [InlineData("list", """[[1, 2, 3]]""", null, "6")]
    [InlineData("map", null, """{"sizes": {"a": 1, "b": 2}}""", "3")]
    public async Task Run_Collections_ReachTheHandler(string handler, string? args, string? kwargs, string expected)
    {
        var report = await Calls.Run(x => x.MapTask("task", handlers[handler]), args, kwargs);
        Assert.Equal(expected, report.Result.Text());
    }

    [Theory]
    [InlineData("two", null, null, "argument 'to' is missing: expected a string; argument 'count' is missing: expected an integer (32 bits)")]
    [InlineData("two", """["a"]""", null, "argument 'count' is missing: expected an integer (32 bits)")]
    [InlineData("two", """["a", 5, 6]""", null, "expected at most 2 positional arguments, got 3")]
    [InlineData("two", """["a", 5]""", """{"to": "b"}""", "argument 'to' is given twice")]
    [InlineData("two", null, """{"to": "a", "to": "b", "count": 1}""", "argument 'to' is given twice")]
    [InlineData("camel", null, """{"message_id": "a", "messageId": "b"}""", "argument 'message_id' is given twice")]
    [InlineData("two", """["a", 5]""", """{"cc": "b"}""", "argument 'cc' is unknown: the task takes to, count")]
    [InlineData("none", """[1]""", null, "expected at most 0 positional arguments, got 1")]
    [InlineData("none", null, """{"a": 1}""", "argument 'a' is unknown: the task takes none")]
    [InlineData("two", """["a", "5"]""", null, "argument 'count': expected an integer (32 bits), got string \"5\"")]
    [InlineData("two", """["a", 5.5]""", null, "argument 'count': expected an integer (32 bits), got number 5.5")]
    [InlineData("two", """["a", 5000000000]""", null, "argument 'count': expected an integer (32 bits), got number 5000000000")]
    [InlineData("two", """["a", null]""", null, "argument 'count': expected an integer (32 bits), got null")]
    [InlineData("two", """[null, 5]""", null, "argument 'to': expected a string, got null")]
    [InlineData("two", """[7, 5]""", null, "argument 'to': expected a string, got number 7")]
    [InlineData("two", """[{}, 5]""", null, "argument 'to': expected a string, got an object")]
    [InlineData("two", """[["x"], 5]""", null, "argument 'to': expected a string, got an array of 1")]
    [InlineData("two", """["a", true]""", null, "argument 'count': expected an integer (32 bits), got boolean true")]
    [InlineData("nullable", """["a", "b"]""", null, "argument 'count': expected an integer (32 bits) or null, got string \"b\"")]
    [InlineData("colour", """["green"]""", null, "argument 'colour': expected one of red, deep_blue, got string \"green\"")]
    [InlineData("colour", """[1]""", null, "argument 'colour': expected one of red, deep_blue, got number 1")]
    [InlineData("types", """[true, 1.5, 1, "no", "2030-01-02T03:04:05Z"]""", null, "argument 'id': expected a UUID string, got string \"no\"")]
    [InlineData("types", """[true, 1.5, 1, "0198c9b2-0000-7000-8000-000000000000", "today"]""", null, "argument 'at': expected a date and time (RFC 3339 string), got string \"today\"")]
    [InlineData("list", """["x"]""", null, "argument 'numbers': expected an array, got string \"x\"")]
    [InlineData("map", """["x"]""", null, "argument 'sizes': expected an object, got string \"x\"")]
    [InlineData("order", """[5]""", null, "argument 'order': expected an object, got number 5")]
    [InlineData("numbers", "[1.5, 1, 1]", null, "argument 'whole': expected an integer (64 bits), got number 1.5")]
    [InlineData("numbers", "[9223372036854775808, 1, 1]", null, "argument 'whole': expected an integer (64 bits), got number 9223372036854775808")]
    [InlineData("numbers", "[1e400, 1, 1]", null, "argument 'whole': expected an integer (64 bits), got number 1e400")]
    [InlineData("numbers", "[1, 1e400, 1]", null, "argument 'number': expected a number, got number 1e400")]
    [InlineData("numbers", "[1, -1e999, 1]", null, "argument 'number': expected a number, got number -1e999")]
    [InlineData("numbers", "[1, 1, 0.1]", null, "argument 'big': expected an integer, got number 0.1")]
    [InlineData("numbers", "[1, 1, 1e999999999]", null, "argument 'big': expected an integer, got number 1e999999999")]
    [InlineData("numbers", """[1, 1, "7"]""", null, "argument 'big': expected an integer, got string \"7\"")]
    [InlineData("single", "[1e39]", null, "argument 'number': expected a number, got number 1e39")]
    [InlineData("order", """[{"order_id": "x", "lines": []}]""", null, "argument 'order' at $.order_id: expected an integer from -2147483648 to 2147483647, got \"x\"")]
    [InlineData("order", """[{"order_id": 1, "lines": [], "colour": "red"}]""", null, "argument 'order' at $.colour: expected one of order_id, note, lines, got an unknown name")]
    [InlineData("order", """[{"lines": [[]]}]""", null, "argument 'order' at $.lines[0]: expected a string or null, got an array of 0; at $.order_id: expected an integer from -2147483648 to 2147483647, got nothing")]
    [InlineData("order", """[{"order_id": 1, "order_id": 2, "lines": []}]""", null, "argument 'order' at $.order_id: expected each name once, got one more than once")]
    [InlineData("bytes", """[{"content": "%%", "patience": "00:00:01"}]""", null, "argument 'upload' at $.content: expected a base64 string, got string \"%%\"")]
    [InlineData("bytes", """[{"content": "YQ==", "patience": "1 s"}]""", null, "argument 'upload' at $.patience: expected a string, got \"1 s\"")]
    [InlineData("keyed", """[{"1": 1e400}]""", null, "argument 'map' at $.1: expected a number, got number 1e400")]
    [InlineData("keyed", """[{"one": 1}]""", null, "argument 'map' at $.one: expected a number, got number 1")]
    public async Task Run_UnfitArguments_FailForGoodAndSayWhich(string handler, string? args, string? kwargs, string expected)
    {
        var report = await Calls.Run(x => x.MapTask("task", handlers[handler]), args, kwargs);
        Assert.Equal(AttemptStep.Failed, report.Step);
        Assert.False(report.Retryable);
        Assert.Equal("invalid_arguments", report.Error!.Type);
        Assert.Equal(expected, report.Error.Message);
    }

    [Theory]
    [InlineData("""[{"order_id": 1}]""", "lines")]
    [InlineData("""[{"order_id": 1, "lines": [], "colour": "red"}]""", "colour")]
    [InlineData("""[{"order_id": "x", "lines": []}]""", "$.order_id")]
    [InlineData("""[{"order_id": 1, "lines": [5]}]""", "$.lines[0]")]
    [InlineData("""[{"order_id": 1, "lines": null}]""", "lines")]
    public async Task Run_UnfitObject_FailsForGoodAndSaysWhere(string args, string expected)
    {
        var report = await Calls.Run(x => x.MapTask("task", handlers["order"]), args);
        Assert.Equal("invalid_arguments", report.Error?.Type);
        Assert.StartsWith("argument 'order'", report.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(expected, report.Error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever is within what a handler returns is waited for.</summary>
    public static TheoryData<string> Nested => ["task", "value", "three", "boxed", "plain"];

    [Theory]
    [MemberData(nameof(Nested))]
    public async Task Run_TaskOfTask_IsAwaited(string kind)
    {
        Delegate handler = kind switch
        {
            "task" => () => Task.FromResult(Later(7)),
            "value" => async () => { await Task.Yield(); return new ValueTask<Task<int>>(Later(7)); }
            ,
            "three" => () => Task.FromResult(Task.FromResult(Later(7))),
            "boxed" => object () => new ValueTask<int>(Later(7)),
            _ => () => 7,
        };
        Assert.Equal("7", (await Calls.Run(x => x.MapTask("task", handler))).Result.Text());

        static async Task<int> Later(int value)
        {
            await Task.Yield();
            return value;
        }
    }

    [Fact]
    public async Task Run_TaskOfTaskThatFails_Fails()
    {
        var report = await Calls.Run(
            x => x.MapTask("task", () => Task.FromResult(Task.FromException<int>(new TimeoutException("too late")))));
        Assert.Equal((AttemptStep.Failed, "too late"), (report.Step, report.Error?.Message));
    }

    [Fact]
    public async Task Run_BigIntegerResult_IsANumber() =>
        Assert.Equal("123456789012345678901234567890", (await Calls.Run(x => x.MapTask("task", () => BigInteger.Parse("123456789012345678901234567890", System.Globalization.CultureInfo.InvariantCulture)))).Result.Text());

    [Fact]
    public async Task Run_RegisteredService_ComesFromTheContainer()
    {
        var report = await Calls.Run(x => x.MapTask("task", (string name, Greeter greeter) => greeter.Greet(name)), """["Ada"]""", services: x => x.AddScoped<Greeter>());
        Assert.Equal("Hello, Ada", report.Result?.GetString());
    }

    [Fact]
    public async Task Run_ManyOfOneService_ComeFromTheContainer()
    {
        var report = await Calls.Run(x => x.MapTask("task", (IEnumerable<Greeter> greeters) => greeters.Count()), services: x => x.AddScoped<Greeter>().AddScoped<Greeter>());
        Assert.Equal("2", report.Result.Text());
    }

    [Fact]
    public async Task Run_KeyedService_ComesFromTheContainer()
    {
        var report = await Calls.Run(
            x => x.MapTask("task", ([FromKeyedServices("a")] Greeter greeter) => greeter.Greet("key")), services: x => x.AddKeyedSingleton<Greeter>("a"));
        Assert.Equal("Hello, key", report.Result?.GetString());
    }

    [Fact]
    public void Compile_UnknownInterface_SaysWhichTaskAndParameter()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => Calls.Compile(x => x.MapTask("task", (IDisposable thing) => thing.Dispose())));
        Assert.Equal("Task 'task': Parameter 'thing' of type IDisposable is not a registered service, and no argument can be of that type", error.Message);
    }

    [Fact]
    public void Compile_SameNameAndVersionTwice_Refuses() =>
        Assert.Throws<InvalidOperationException>(() => Calls.Compile(x =>
        {
            x.MapTask("task", () => 1);
            x.MapTask("task", () => 2);
        }));

    [Fact]
    public void Find_SeveralVersions_TakesTheAskedOrTheHighest()
    {
        var catalog = Calls.Compile(x =>
        {
            x.MapTask("task", () => 1).WithVersion("1.9");
            x.MapTask("task", () => 2).WithVersion("1.10");
        });
        Assert.Equal("1.10", catalog.Find("task", null)?.Version);
        Assert.Equal("1.9", catalog.Find("task", "1.9")?.Version);
        Assert.Null(catalog.Find("task", "2"));
        Assert.Null(catalog.Find("other", null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\t")]
    public void MapTask_BadName_Refuses(string name) => Assert.Throws<ArgumentException>(() => new JobTasks().MapTask(name, () => 1));

    [Fact]
    public async Task Run_AnyArguments_ComeRaw()
    {
        var report = await Calls.Run(
            x => x.MapTask("task", (string first, TaskContext job) => $"{first} {job.Args} {job.Kwargs}")
                .WithAnyArguments(), """["a", 2]""", """{"x": [1]}""");
        Assert.Equal("""a ["a", 2] {"x": [1]}""", report.Result?.GetString());
    }

    public sealed record Mail(string To, [property: Description("One line")] string Subject = "none", int? Copies = null);

    public sealed class SendMail(Greeting greeting) : IJobTask<Mail, object>, IDisposable
    {
        public static int Disposed { get; private set; }

        public Task<object> Run(Mail args, TaskContext job, CancellationToken cancellationToken) =>
            Task.FromResult<object>(new { Text = $"{greeting.Text} {args.To} {args.Subject} {args.Copies?.ToString() ?? "-"}" });

        public void Dispose() => Disposed++;
    }

    public sealed record Greeting(string Text);

    [Theory]
    [InlineData("""["ada"]""", null, "hi ada none -")]
    [InlineData(null, """{"to": "ada", "subject": "s", "copies": 2}""", "hi ada s 2")]
    public async Task Run_Class_TakesItsMembers(string? args, string? kwargs, string expected)
    {
        var before = SendMail.Disposed;
        var report = await Calls.Run(x => x.MapTask<SendMail>("task"), args, kwargs, x => x.AddSingleton(new Greeting("hi")));
        Assert.Equal(expected, report.Result?.GetProperty("text").GetString());
        Assert.True(SendMail.Disposed > before);
    }

    [Theory]
    [InlineData(null, null, "argument 'to' is missing: expected a string")]
    [InlineData(null, """{"to": 5}""", "argument 'to': expected a string, got number 5")]
    [InlineData(null, """{"to": null}""", "argument 'to': expected a string, got null")]
    [InlineData(null, """{"to": "a", "copies": "x"}""", "argument 'copies': expected an integer (32 bits) or null, got string \"x\"")]
    [InlineData(null, """{"to": "a", "cc": "x"}""", "argument 'cc' is unknown: the task takes to, subject, copies")]
    public async Task Run_Class_RefusesUnfitMembers(string? args, string? kwargs, string expected)
    {
        var report = await Calls.Run(x => x.MapTask<SendMail>("task"), args, kwargs, x => x.AddSingleton(new Greeting("hi")));
        Assert.Equal("invalid_arguments", report.Error?.Type);
        Assert.Equal(expected, report.Error!.Message);
    }

    [JobTask("named")]
    sealed class Named : IJobTask<Mail, string>
    {
        public Task<string> Run(Mail args, TaskContext job, CancellationToken cancellationToken) => Task.FromResult(args.To);
    }

    [Fact]
    public void MapTask_ClassWithAttribute_TakesItsName() => Assert.NotNull(Calls.Compile(x => x.MapTask<Named>()).Find("named", null));

    [Fact]
    public void MapTask_ClassWithoutAttribute_Refuses() => Assert.Throws<ArgumentException>(() => new JobTasks().MapTask<SendMail>());

    [Fact]
    public void MapTask_ClassThatIsNoTask_Refuses() => Assert.Throws<ArgumentException>(() => new JobTasks().MapTask<Greeter>("task"));
}
