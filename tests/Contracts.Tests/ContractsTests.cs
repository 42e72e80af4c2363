using System.Text;
using System.Text.Json;
using MassTransit;

namespace JobSystem.Contracts.Tests;

public sealed class ContractsTests
{
    public static TheoryData<string> Names => new(Wire.Types.Select(x => x.Name));

    [Fact]
    public void Urns_AreAsApproved() =>
        Approval.Check("Urns.txt", string.Join('\n', Wire.Types.Select(MessageUrn.ForTypeString)));

    /// <summary>
    /// MassTransit writes base types and interfaces of a message into each envelope and declares an exchange for each. So events with equal
    /// members share no base: it would change what is on the wire, and the broker's topology.
    /// </summary>
    [Fact]
    public void Messages_HaveNoBase() => Assert.All(Wire.Types, type =>
    {
        Assert.Equal(typeof(object), type.BaseType);
        Assert.Equal([typeof(IEquatable<>).MakeGenericType(type)], type.GetInterfaces());
    });

    [Fact]
    public void Members_AreAsApproved()
    {
        var text = new StringBuilder();
        foreach (var type in Wire.Types)
        {
            text.Append(type.Name).Append('\n');
            foreach (var (property, name, required) in Wire.Members(type))
            {
                text.Append($"    {name}: {Wire.Show(property.PropertyType)}{(required ? ", required" : "")}\n");
            }
        }
        Approval.Check("Members.txt", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_IsAsApproved(string name) =>
        Approval.Check($"{name}.json", JsonSerializer.Serialize(Wire.Sample(Type(name)), Type(name), Wire.Json));

    /// <summary>What lies in a queue from before must still be read, and mean the same.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Json_Approved_IsReadAndWrittenTheSame(string name)
    {
        if (Approval.Writing)
        {
            return;
        }
        var approved = File.ReadAllText(Path.Combine(Approval.Folder, $"{name}.json"));
        var message = JsonSerializer.Deserialize(approved, Type(name), Wire.Json);
        Assert.Equal(approved.Trim(), JsonSerializer.Serialize(message, Type(name), Wire.Json));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_RequiredMembersOnly_IsRead(string name)
    {
        var json = JsonSerializer.Serialize(Wire.Sample(Type(name), requiredOnly: true), Type(name), Wire.Json);
        Assert.NotNull(JsonSerializer.Deserialize(json, Type(name), Wire.Json));
    }

    [Fact]
    public void Names_OnTheWire_AreSnakeCase() => Assert.All(
        Wire.Types.SelectMany(type => Wire.Members(type).Select(x => (type.Name, Wire: x.Name, Clr: x.Property.Name))),
        x => Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(x.Clr), x.Wire));

    [Fact]
    public void Approved_HasNoLeftovers() => Assert.Empty(
        Directory.GetFiles(Approval.Folder).Select(x => Path.GetFileName(x))
            .Except([.. Wire.Types.Select(x => $"{x.Name}.json"), "Members.txt", "Urns.txt"]));

    [Fact]
    public void Addresses_AreAsApproved()
    {
        Assert.Equal(["submit-job", "cancel-job", "retry-job", "job-requests", "job-lifecycle", "job-workers"],
            [BusAddresses.SubmitJob, BusAddresses.CancelJob, BusAddresses.RetryJob, BusAddresses.Requests, BusAddresses.Lifecycle, BusAddresses.Workers]);
        Assert.Equal("executor.w-1", BusAddresses.ExecutorInbox("w-1"));
    }

    static Type Type(string name) => Wire.Types.Single(x => x.Name == name);
}
